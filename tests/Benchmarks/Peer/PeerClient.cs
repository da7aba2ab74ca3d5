using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Monolith.Benchmarks.Peer;

/// <summary>Single requests to an application, to prepare it and to look whether it answers rightly.</summary>
internal sealed class PeerClient(Candidate candidate) : IDisposable
{
    private const string Password = "a password of the bench";

    private readonly HttpClient _http = new() { BaseAddress = new Uri(candidate.Address) };

    /// <summary>Opens an account.</summary>
    public Task<Answer> RegisterAsync(string email, string firstName, string lastName) => SendAsync(
        HttpMethod.Post, candidate.Path, null,
        new JsonObject { ["email"] = email, ["password"] = Password, ["firstName"] = firstName, ["lastName"] = lastName });

    /// <summary>Opens an account that can be changed.</summary>
    public async Task<Member> JoinAsync(string email)
    {
        var id = (await RegisterAsync(email, "Ada", "Lovelace")).Text("id");
        if (!candidate.HasSessions)
        {
            return new Member(id, "-");
        }

        var session = await SendAsync(
            HttpMethod.Post, "/v1/sessions", null, new JsonObject { ["email"] = email, ["password"] = Password });
        return new Member(id, session.Text("token"));
    }

    /// <summary>Shows a user; to itself, unless another id is given.</summary>
    public Task<Answer> ShowAsync(Member member, string? id = null) =>
        SendAsync(HttpMethod.Get, id is null ? candidate.Own(member) : $"{candidate.Path}/{id}", member, null);

    /// <summary>Changes a name.</summary>
    public Task<Answer> UpdateAsync(Member member, string? ifMatch, string firstName) =>
        SendAsync(HttpMethod.Patch, candidate.Own(member), member, new JsonObject { ["firstName"] = firstName }, ifMatch);

    /// <summary>How many events the members have altogether.</summary>
    public async Task<long> VersionsAsync()
    {
        var sum = 0L;
        foreach (var member in candidate.Members)
        {
            sum += (await ShowAsync(member)).Version;
        }

        return sum;
    }

    public void Dispose() => _http.Dispose();

    private async Task<Answer> SendAsync(HttpMethod method, string path, Member? member, JsonObject? body, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : JsonContent.Create(body);
        request.Headers.Authorization = member is null ? null : new AuthenticationHeaderValue("Bearer", member.Token);
        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        using var response = await _http.SendAsync(request);
        return new Answer(
            response.StatusCode, response.Content.Headers.ContentType?.MediaType, response.Headers.ETag?.Tag, response.Headers.Location,
            await response.Content.ReadAsStringAsync());
    }
}

/// <summary>An answer with what is looked at in it.</summary>
internal sealed record Answer(HttpStatusCode Status, string? Type, string? Tag, Uri? Location, string Body)
{
    /// <summary>The version that the tag tells; 0 without one.</summary>
    public long Version => long.TryParse(Tag?.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0;

    /// <summary>A member of the body as text; empty without it.</summary>
    public string Text(string name) => (JsonNode.Parse(Body) as JsonObject)?[name]?.ToString() ?? "";
}
