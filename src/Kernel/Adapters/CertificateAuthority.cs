using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Monolith.Kernel.Adapters;

/// <summary>
/// Decides which certificate authority vouches for an adapter's server: the one that the key <c>ca</c> of its URL names, or those that the
/// system trusts.
/// </summary>
public sealed class CertificateAuthority
{
    /// <summary>The query key that <see cref="Of"/> reads.</summary>
    public const string Key = "ca";

    private CertificateAuthority(string? file) => File = file;

    /// <summary>Reads where its certificate is; a file that is not there becomes a fault.</summary>
    public static CertificateAuthority Of(AdapterUrl url)
    {
        var file = url.Text(Key, "");
        if (file.Length > 0 && !System.IO.File.Exists(file))
        {
            url.Faults.Add(url.Setting, $"key \"{Key}\" names {file}, which is not there");
        }

        return new CertificateAuthority(file.Length == 0 ? null : file);
    }

    /// <summary>Its certificate, PEM; null when the system decides.</summary>
    public string? File { get; }

    /// <summary>
    /// Tells whether a server may be trusted: its name always counts, and its certificate must come from this authority where there is one.
    /// </summary>
    /// <param name="certificate">What the server has shown.</param>
    /// <param name="errors">What the system found wrong with it.</param>
    public bool Trusts(X509Certificate? certificate, SslPolicyErrors errors)
    {
        if (File is null || errors == SslPolicyErrors.None)
        {
            return errors == SslPolicyErrors.None;
        }

        if (certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != 0)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // A private authority publishes no list, as a rule.
        chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(File);
        using var shown = new X509Certificate2(certificate);
        return chain.Build(shown);
    }
}
