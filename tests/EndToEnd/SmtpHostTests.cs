using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace Monolith.EndToEnd.Tests;

/// <summary>A real host that hands its mail over to a real server, by TLS and with a password.</summary>
public sealed class SmtpHostTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(MailTls.Later, "smtp")]
    [InlineData(MailTls.First, "smtps")]
    public async Task Tells_a_user_by_mail_that_the_password_was_changed_also_when_the_server_comes_later(MailTls tls, string scheme)
    {
        await using var mail = MailTestServer.Start(tls);
        await mail.KillAsync();
        using var host = await HostProcess.StartAsync(
            _folder,
            [$"Adapters:Mail={scheme}://{MailTestServer.User}:{MailTestServer.Password}@127.0.0.1:{mail.Port}?from=noreply@example.org"],
            Cancelled,
            environment: ("SSL_CERT_FILE", mail.Certificate));
        host.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await PhotoVisit.SignInAsync(host.Http));
        using var changed = await host.Http.PostAsJsonAsync(
            "/v1/users/me/password", new { currentPassword = "correct horse battery", newPassword = "another horse battery" }, Cancelled);
        changed.EnsureSuccessStatusCode();
        Assert.Contains("\"mail\":\"Degraded\"", await host.Http.GetStringAsync("/health/ready", Cancelled), StringComparison.Ordinal);

        mail.Launch();

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (mail.Taken("To: ada@example.org").Count == 0)
        {
            await Task.Delay(50, limit.Token);
        }

        Assert.Equal(0, await host.StopAsync(Cancelled));
        Assert.Single(mail.Taken("Subject: Your password was changed"));
        Assert.DoesNotContain(MailTestServer.Password, host.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("ada@example.org", host.Output, StringComparison.Ordinal);
    }
}
