using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.Drills;

/// <summary>Asks the API for everything that was acknowledged.</summary>
internal sealed class ApiAudit(Ledger ledger, HttpClient http, CancellationToken cancellationToken)
{
    /// <summary>How many photos are ready, with how many variants.</summary>
    public (int Photos, int Variants) Ready { get; private set; }

    public async Task RunAsync()
    {
        foreach (var account in ledger.Accounts.Where(a => a.IsRegistered))
        {
            var visitor = new Visitor(ledger, account);
            if (account.Token is null)
            {
                await visitor.LogInAsync(http, cancellationToken);
            }

            if (account.Token is not null)
            {
                await visitor.CheckNameAsync(http, cancellationToken);
                await CheckPhotosAsync(account);
            }
        }
    }

    /// <summary>Where a variant of an account's photos can be had; null as long as none is ready.</summary>
    public async Task<string?> FirstVariantAsync(Account account) => (await ListAsync(account))
        .Where(p => (string?)p["state"] == "ready").Select(p => (string?)p["variants"]![0]!["url"]).FirstOrDefault();

    /// <summary>Whether any photo of an account is still being worked on.</summary>
    public async Task<bool> IsProcessingAsync(Account account) => (await ListAsync(account)).Exists(IsProcessing);

    private static bool IsProcessing(JsonObject photo) => (string?)photo["state"] == "processing";

    private async Task CheckPhotosAsync(Account account)
    {
        var photos = await ListFinishedAsync(account);
        var ids = photos.ConvertAll(p => (string)p["id"]!);
        foreach (var twice in ids.GroupBy(id => id).Where(g => g.Count() > 1))
        {
            ledger.Fault($"Photo {twice.Key} of {account.Id} is listed {twice.Count()} times");
        }

        foreach (var lost in account.Photos.Except(ids))
        {
            ledger.Fault($"Photo {lost} of {account.Id} was acknowledged and is not listed");
        }

        if (ids.Except(account.Photos).Count() > account.OpenPhotos)
        {
            ledger.Fault(
                $"{account.Id} has {ids.Count} photos; {account.Photos.Count} were acknowledged and {account.OpenPhotos} were open");
        }

        foreach (var photo in photos)
        {
            await CheckVariantsAsync(photo);
        }
    }

    /// <summary>Lists the photos once no more of them are being made, or nothing moves any more.</summary>
    private async Task<List<JsonObject>> ListFinishedAsync(Account account)
    {
        var photos = new List<JsonObject>();
        await Remainder.WaitAsync(
            async () =>
            {
                photos = await ListAsync(account);
                return photos.Count(IsProcessing);
            },
            cancellationToken);
        return photos;
    }

    private async Task<List<JsonObject>> ListAsync(Account account)
    {
        var photos = new List<JsonObject>();
        for (var path = "/v1/media?limit=200"; path is not null;)
        {
            using var request = Visitor.Request(account, HttpMethod.Get, path, null);
            using var answer = await http.SendAsync(request, cancellationToken);
            answer.EnsureSuccessStatusCode();
            var page = (await answer.Content.ReadFromJsonAsync<JsonObject>(cancellationToken))!; // A success has a body.
            photos.AddRange(page["items"]!.AsArray().Select(item => item!.AsObject()));
            path = page["next"] is { } next ? $"/v1/media?limit=200&cursor={next}" : null;
        }

        return photos;
    }

    private async Task CheckVariantsAsync(JsonObject photo)
    {
        var variants = photo["variants"]!.AsArray();
        if ((string?)photo["state"] != "ready" || variants.Count == 0)
        {
            ledger.Fault($"Photo {photo["id"]} has ended {photo["state"]}: {variants.ToJsonString()}");
            return;
        }

        foreach (var variant in variants)
        {
            using var answer = await http.GetAsync((string)variant!["url"]!, cancellationToken);
            var bytes = (await answer.Content.ReadAsByteArrayAsync(cancellationToken)).Length;
            if (answer.StatusCode != HttpStatusCode.OK || bytes != (int)variant["bytes"]!)
            {
                ledger.Fault($"Variant {variant["preset"]} of photo {photo["id"]} answers {(int)answer.StatusCode} with {bytes} bytes");
            }
        }

        Ready = (Ready.Photos + 1, Ready.Variants + variants.Count);
    }
}
