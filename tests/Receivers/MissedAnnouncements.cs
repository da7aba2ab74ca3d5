using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Monolith.Receivers;

/// <summary>Asks Monolith for what never came.</summary>
public sealed class MissedAnnouncements : IDisposable
{
    private readonly HttpClient _http;

    /// <param name="monolith">Where it is.</param>
    /// <param name="token">Of an administrator's session.</param>
    public MissedAnnouncements(Uri monolith, string token)
    {
        _http = new HttpClient { BaseAddress = monolith };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    /// <summary>Reads a page; tries again for as long as Monolith is unavailable.</summary>
    /// <returns>The announcements, and up to where there are no others.</returns>
    public async Task<(IReadOnlyList<Announcement> Announcements, long Through)> AfterAsync(
        int shard, long position, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var page = await _http.GetFromJsonAsync<JsonElement>($"/v1/admin/feed?shard={shard}&after={position}", cancellationToken);
                var store = page.GetProperty("store").GetString()!; // A feed runs: it announced something.
                return (
                    [
                        .. page.GetProperty("announcements").EnumerateArray().Select(a => new Announcement(
                            store, shard, a.GetProperty("position").GetInt64(), a.GetProperty("after").GetInt64(),
                            a.GetProperty("type").GetString()!, a.GetProperty("body"))), // As described.
                    ],
                    page.GetProperty("through").GetInt64());
            }
            catch (HttpRequestException e)
            {
                await Console.Error.WriteLineAsync($"Monolith is unavailable: {e.Message}");
                await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            }
        }
    }
}
