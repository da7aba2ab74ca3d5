using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Monolith.Kernel.Tests.Adapters;

/// <summary>Which servers an adapter trusts, with certificates made for it.</summary>
public sealed class CertificateAuthorityTests : IDisposable
{
    private const SslPolicyErrors Chain = SslPolicyErrors.RemoteCertificateChainErrors;

    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-ca-").FullName;
    private readonly X509Certificate2 _authority = MakeAuthority("ours");
    private readonly Faults _faults = new();

    private string File => Path.Combine(_folder, "ca.pem");

    public CertificateAuthorityTests() => System.IO.File.WriteAllText(File, _authority.ExportCertificatePem());

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(Chain, true)]
    [InlineData(SslPolicyErrors.None, true)]
    [InlineData(Chain | SslPolicyErrors.RemoteCertificateNameMismatch, false)]
    [InlineData(SslPolicyErrors.RemoteCertificateNameMismatch, false)]
    [InlineData(SslPolicyErrors.RemoteCertificateNotAvailable, false)]
    public void Vouches_for_a_server_of_its_own_unless_the_name_is_another(SslPolicyErrors errors, bool isTrusted)
    {
        using var server = MakeServer(_authority);

        Assert.Equal(isTrusted, Of(File).Trusts(server, errors));
    }

    [Fact]
    public void Vouches_for_no_server_of_another_authority()
    {
        using var foreign = MakeAuthority("theirs");
        using var server = MakeServer(foreign);

        Assert.False(Of(File).Trusts(server, Chain));
    }

    [Fact]
    public void Vouches_for_no_server_without_a_certificate() => Assert.False(Of(File).Trusts(null, Chain));

    [Theory]
    [InlineData(SslPolicyErrors.None, true)]
    [InlineData(Chain, false)]
    public void Leaves_the_decision_to_the_system_where_no_authority_is_named(SslPolicyErrors errors, bool isTrusted)
    {
        using var server = MakeServer(_authority);
        var authority = Of(null);

        Assert.Equal(isTrusted, authority.Trusts(server, errors));
        Assert.Null(authority.File);
    }

    [Fact]
    public void Becomes_a_fault_where_its_file_is_not_there()
    {
        Of(Path.Combine(_folder, "gone.pem"));

        Assert.Contains("gone.pem, which is not there", Assert.Single(_faults.Lines), StringComparison.Ordinal);
    }

    private CertificateAuthority Of(string? file) =>
        CertificateAuthority.Of(AdapterUrl.Parse(
            "Adapters:Store", file is null ? "x://db1/d" : $"x://db1/d?ca={Uri.EscapeDataString(file)}", _faults)!); // It has a scheme.

    private static X509Certificate2 MakeAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private static X509Certificate2 MakeServer(X509Certificate2 authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=db1", key, HashAlgorithmName.SHA256);
        return request.Create(authority, authority.NotBefore, authority.NotAfter, [1, 2, 3, 4]);
    }
}
