using Microsoft.Extensions.Logging.Abstractions;
using Monolith.Adapters.Smtp;
using Monolith.Adapters.Tests.Suites;

[assembly: AssemblyFixture(typeof(Monolith.Adapters.Tests.Smtp.MailFixture))]

namespace Monolith.Adapters.Tests.Smtp;

/// <summary>One mail server for all tests of the run, started by the first that needs it.</summary>
public sealed class MailFixture : IAsyncDisposable
{
    private static readonly Lazy<Task<MailTestServer>> _server = new(() => MailTestServer.StartAsync());

    /// <summary>The server; the test is skipped where there is none.</summary>
    public static async Task<MailTestServer> ServerAsync()
    {
        Assert.SkipWhen(MailTestServer.Missing is not null, MailTestServer.Missing ?? "");
        return await _server.Value;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_server is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            await (await _server.Value).DisposeAsync();
        }
    }
}

/// <summary>Mail handed over to a real server.</summary>
public sealed class SmtpMailerTests : MailerContract
{
    private readonly string _from = $"{NewId():N}@example.org"; // By which this test finds its own among all.
    private readonly List<IDisposable> _opened = [];
    private MailTestServer _mail = null!; // Set before each test.

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected override async ValueTask<IMailer> StartAsync()
    {
        _mail = await MailFixture.ServerAsync();
        return Open($"smtp://127.0.0.1:{_mail.Port}?tls=none&from={_from}").Mailer;
    }

    protected override async ValueTask<IReadOnlyList<byte[]>> SentAsync() => await _mail.TakenAsync(_from);

    protected override ValueTask StopAsync()
    {
        _opened.ForEach(o => o.Dispose());
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Says_without_the_address_that_a_mail_will_never_be_delivered()
    {
        var (mailer, server) = Open($"smtp://127.0.0.1:{_mail.Port}?tls=none&from={_from}");
        var mail = NewMail("refused@example.org");

        var refused = await Assert.ThrowsAsync<MailRefusedException>(async () => await mailer.SendAsync(mail, Cancellation));

        Assert.Equal($"The mail server refused mail {mail.Id} with 550 MailboxUnavailable.", refused.Message);
        Assert.Null(server.Fault);
    }

    [Fact]
    public async Task Asks_to_come_again_when_the_server_does()
    {
        var (mailer, _) = Open($"smtp://127.0.0.1:{_mail.Port}?tls=none&from={_from}");

        var later = await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await mailer.SendAsync(NewMail("later@example.org"), Cancellation));

        Assert.Equal($"The mail server 127.0.0.1:{_mail.Port} takes no mail now: 451", later.Message);
    }

    [Fact]
    public async Task Says_that_the_server_is_unavailable_and_notices_by_itself_when_it_is_back()
    {
        await using var own = await MailTestServer.StartAsync();
        var (mailer, server) = Open($"smtp://127.0.0.1:{own.Port}?tls=none&from={_from}");
        await server.StartAsync(Cancellation);
        var mail = NewMail("ada@example.org");

        own.Kill();
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await mailer.SendAsync(mail, Cancellation));
        Assert.Equal($"The mail server 127.0.0.1:{own.Port} cannot be reached", server.Fault);

        await own.LaunchAsync();
        await Eventually.IsSoAsync(() => server.Fault is null);
        await mailer.SendAsync(mail, Cancellation);
        Assert.Single(await own.TakenAsync(_from));
        await server.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Gives_neither_mail_nor_password_to_a_server_that_it_does_not_trust()
    {
        await using var secure = await MailTestServer.StartAsync(isSecure: true);
        var (mailer, server) = Open($"smtp://{MailTestServer.User}:{MailTestServer.Password}@127.0.0.1:{secure.Port}?from={_from}");

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await mailer.SendAsync(NewMail("ada@example.org"), Cancellation));

        Assert.Equal($"The mail server 127.0.0.1:{secure.Port} shows a certificate that is not trusted", server.Fault);
        Assert.Empty(await secure.TakenAsync(_from));
    }

    [Fact]
    public async Task Gives_no_mail_to_a_server_without_TLS_unless_it_is_told_to()
    {
        var (mailer, server) = Open($"smtp://127.0.0.1:{_mail.Port}?from={_from}");

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await mailer.SendAsync(NewMail("ada@example.org"), Cancellation));

        Assert.Contains("offers no TLS", server.Fault, StringComparison.Ordinal);
        Assert.Empty(await SentAsync());
    }

    [Theory]
    [InlineData("smtp://", "names no host")]
    [InlineData("smtp://a,b?from=a@b.c", "names several hosts")]
    [InlineData("smtp://mail.example.org", "\"from\" must be one address")]
    [InlineData("smtp://mail.example.org?from=A <a@b.c>", "\"from\" must be one address")]
    [InlineData("smtp://mail.example.org/x?from=a@b.c", "has a path")]
    [InlineData("smtp://me@mail.example.org?from=a@b.c", "gives a user and no password")]
    [InlineData("smtp://:not-a-secret@mail.example.org?from=a@b.c", "gives a password and no user")]
    [InlineData("smtp://me:not-a-secret@mail.example.org?from=a@b.c&tls=none", "sends a password without TLS")]
    [InlineData("smtp://mail.example.org?from=a@b.c&tls=maybe", "must be one of required, none")]
    [InlineData("smtp://mail.example.org?from=a@b.c&connections=0", "must be a whole number from 1 to 100")]
    public void Names_every_fault_of_its_url(string url, string expected)
    {
        var faults = new Faults();
        SmtpSettings.Read(AdapterUrl.Parse("Adapters:Mail", url, faults)!); // Null only without a scheme.

        var fault = Assert.Throws<ConfigurationException>(faults.ThrowIfAny);

        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("not-a-secret", fault.Message, StringComparison.Ordinal);
    }

    private static Mail NewMail(string to) => new(NewId(), NewId(), to, "a", "b");

    private static Guid NewId() => Id.New(TimeProvider.System, new Bucket(1));

    private (SmtpMailer Mailer, SmtpServer Server) Open(string url)
    {
        var faults = new Faults();
        var settings = SmtpSettings.Read(AdapterUrl.Parse("Adapters:Mail", url, faults)!); // Null only without a scheme.
        faults.ThrowIfAny();
        var server = new SmtpServer(settings, TimeProvider.System, NullLogger<SmtpServer>.Instance);
        var mailer = new SmtpMailer(server);
        _opened.AddRange([mailer, server]);
        return (mailer, server);
    }
}
