using System.Text.RegularExpressions;

namespace Monolith.EndToEnd.Tests;

/// <summary>What people do with the service, in a browser, against the real host.</summary>
public sealed partial class MainJobTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("monolith-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_visitor_signs_up_uploads_a_photo_and_sees_its_variants_appear()
    {
        using var host = await HostProcess.StartAsync(_folder, [], Cancelled);

        await BrowserScript.RunAsync("main-job", host.Address, Cancelled);
    }

    [Fact]
    public async Task All_of_it_works_without_scripts()
    {
        using var host = await HostProcess.StartAsync(_folder, [], Cancelled);

        await BrowserScript.RunAsync("without-scripts", host.Address, Cancelled);
    }

    [Fact]
    public async Task A_user_deletes_the_account_without_scripts()
    {
        using var host = await HostProcess.StartAsync(_folder, [], Cancelled);

        await BrowserScript.RunAsync("erase", host.Address, Cancelled);
    }

    [Fact]
    public async Task Shows_the_API_and_sends_a_request_from_its_page()
    {
        using var host = await HostProcess.StartAsync(_folder, [], Cancelled);

        await BrowserScript.RunAsync("api", host.Address, Cancelled);
    }

    [Fact]
    public async Task Every_page_shows_what_it_should_and_refuses_beside_the_form()
    {
        using var host = await HostProcess.StartAsync(_folder, [], Cancelled);

        // The host prints the one-time link a moment after it is ready.
        string link;
        while ((link = Invitation().Match(host.Output).Value).Length == 0)
        {
            await Task.Delay(50, Cancelled);
        }

        await BrowserScript.RunAsync("pages", new Uri(link), Cancelled);
    }

    [GeneratedRegex(@"http://\S+/admin/invitation\?token=\S+")]
    private static partial Regex Invitation();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;
}
