using Microsoft.Extensions.Logging.Abstractions;
using Monolith.Adapters.Smtp;
using Monolith.Adapters.Tests.Suites;

namespace Monolith.Adapters.Tests.Smtp;

/// <summary>Mail handed over to a real server.</summary>
public sealed class SmtpMailerTests : MailerContract
{
    private readonly string _from = $"{NewId():N}@example.org"; // By which this test finds its own among all.
    private readonly List<IDisposable> _opened = [];
    private readonly MailTestServer _mail = MailTestServer.Start();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected override ValueTask<IMailer> StartAsync() =>
        ValueTask.FromResult<IMailer>(Open($"smtp://127.0.0.1:{_mail.Port}?tls=none&from={_from}").Mailer);

    protected override ValueTask<IReadOnlyList<byte[]>> SentAsync() => ValueTask.FromResult(_mail.Taken(_from));

    protected override async ValueTask StopAsync()
    {
        _opened.ForEach(o => o.Dispose());
        await _mail.DisposeAsync();
    }

    [Fact]
    public async Task Says_without_the_address_that_a_mail_will_never_be_delivered()
    {
        var (mailer, link) = Open($"smtp://127.0.0.1:{_mail.Port}?tls=none&from={_from}");
        var mail = NewMail("refused@example.org");

        var refused = await Assert.ThrowsAsync<MailRefusedException>(async () => await mailer.SendAsync(mail, Cancellation));

        Assert.Equal($"The mail server refused mail {mail.Id} with 550 MailboxUnavailable.", refused.Message);
        Assert.Null(link.Fault);
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
        await using var own = MailTestServer.Start();
        var (mailer, link) = Open($"smtp://127.0.0.1:{own.Port}?tls=none&from={_from}");
        await link.StartAsync(Cancellation);
        var mail = NewMail("ada@example.org");

        await own.KillAsync();
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await mailer.SendAsync(mail, Cancellation));
        Assert.Equal($"The mail server 127.0.0.1:{own.Port} cannot be reached", link.Fault);

        own.Launch();
        await Eventually.IsSoAsync(() => link.Fault is null);
        await mailer.SendAsync(mail, Cancellation);
        Assert.Single(own.Taken(_from));
        await link.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Gives_neither_mail_nor_password_to_a_server_that_it_does_not_trust()
    {
        await using var secure = MailTestServer.Start(MailTls.Later);
        var (mailer, link) = Open($"smtp://{MailTestServer.User}:{MailTestServer.Password}@127.0.0.1:{secure.Port}?from={_from}");

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await mailer.SendAsync(NewMail("ada@example.org"), Cancellation));

        Assert.Equal($"The mail server 127.0.0.1:{secure.Port} shows a certificate that is not trusted", link.Fault);
        Assert.Empty(secure.Taken(_from));
    }

    [Fact]
    public async Task Gives_no_mail_to_a_server_without_TLS_unless_it_is_told_to()
    {
        var (mailer, link) = Open($"smtp://127.0.0.1:{_mail.Port}?from={_from}");

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await mailer.SendAsync(NewMail("ada@example.org"), Cancellation));

        Assert.Contains("offers no TLS", link.Fault, StringComparison.Ordinal);
        Assert.Empty(await SentAsync());
    }

    // What is wrong with the server is not the mail's fault: it is tried again.
    [Fact]
    public async Task Keeps_a_mail_to_an_international_address_when_the_server_offers_no_TLS()
    {
        var (mailer, link) = Open($"smtp://127.0.0.1:{_mail.Port}?from={_from}");

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await mailer.SendAsync(NewMail("jörg@example.org"), Cancellation));

        Assert.Contains("offers no TLS", link.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sends_many_mails_over_one_connection()
    {
        var (mailer, _) = Open($"smtp://127.0.0.1:{_mail.Port}?tls=none&connections=1&from={_from}");

        for (var i = 0; i < 5; i++)
        {
            await mailer.SendAsync(NewMail("ada@example.org"), Cancellation);
        }

        Assert.Equal((5, 1), (_mail.Taken(_from).Count, _mail.Connections));
    }

    [Fact]
    public async Task Keeps_its_connection_after_a_refusal()
    {
        var (mailer, _) = Open($"smtp://127.0.0.1:{_mail.Port}?tls=none&connections=1&from={_from}");

        await Assert.ThrowsAsync<MailRefusedException>(async () => await mailer.SendAsync(NewMail("refused@example.org"), Cancellation));
        await mailer.SendAsync(NewMail("ada@example.org"), Cancellation);

        Assert.Equal((1, 1), (_mail.Taken(_from).Count, _mail.Connections));
    }

    [Fact]
    public async Task Opens_another_connection_when_the_server_ended_the_one_it_kept()
    {
        await using var own = MailTestServer.Start();
        var (mailer, link) = Open($"smtp://127.0.0.1:{own.Port}?tls=none&connections=1&from={_from}");
        await mailer.SendAsync(NewMail("ada@example.org"), Cancellation);

        await own.KillAsync();
        own.Launch();
        await mailer.SendAsync(NewMail("ada@example.org"), Cancellation);

        Assert.Null(link.Fault);
        Assert.Equal((2, 2), (own.Taken(_from).Count, own.Connections));
    }

    [Fact]
    public async Task Closes_a_connection_that_is_not_used()
    {
        var clock = new FakeClock();
        var (mailer, _) = Open($"smtp://127.0.0.1:{_mail.Port}?tls=none&connections=1&from={_from}", clock);
        await mailer.SendAsync(NewMail("ada@example.org"), Cancellation);
        Assert.Equal(1, _mail.OpenConnections);

        clock.Advance(TimeSpan.FromSeconds(30));

        await Eventually.IsSoAsync(() => _mail.OpenConnections == 0);
    }

    [Theory]
    [InlineData("smtp://", "names no host")]
    [InlineData("smtps://a?from=a@b.c&tls=none", "remove one of them")]
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

    private (SmtpMailer Mailer, SmtpLink Link) Open(string url, TimeProvider? clock = null)
    {
        var faults = new Faults();
        var settings = SmtpSettings.Read(AdapterUrl.Parse("Adapters:Mail", url, faults)!); // Null only without a scheme.
        faults.ThrowIfAny();
        var link = new SmtpLink(settings, TimeProvider.System, NullLogger<SmtpLink>.Instance);
        var mailer = new SmtpMailer(link, clock ?? TimeProvider.System);
        _opened.AddRange([mailer, link]);
        return (mailer, link);
    }
}
