using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Monolith.Drills;

/// <summary>A visitor who registers, edits and uploads, whatever happens to the host, and remembers what was acknowledged.</summary>
internal sealed class Visitor(Ledger ledger, Account? account = null, Func<byte[]>? photo = null, int repeats = 0)
{
    private const string Password = "correct horse battery";
    private const int RepeatPause = 500; // milliseconds
    private const int MaxPause = 60; // milliseconds: a load under which two cores still make the variants in time

    private Account? _account = account;

    /// <summary>Goes on until the host is gone.</summary>
    public async Task VisitAsync(HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            if (_account?.Token is not null)
            {
                await CheckNameAsync(http, cancellationToken);
            }

            while (true)
            {
                await ActAsync(http, cancellationToken);
                await Task.Delay(Random.Shared.Next(MaxPause), cancellationToken);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The host was killed; what was under way has been noted as open.
            if (repeats > 0)
            {
                ledger.Fault($"Not answered, in spite of a balancer and {repeats} repeats: {e.Message}");
            }
        }
    }

    /// <summary>Waits until a visit that was told to end has ended.</summary>
    public static async Task EndAsync(Task visit)
    {
        try
        {
            await visit;
        }
        catch (OperationCanceledException)
        {
            // As it was told; what was under way has been noted as open.
        }
    }

    private Task ActAsync(HttpClient http, CancellationToken cancellationToken)
    {
        // Registering knows no key; it is refused by the address when it is repeated.
        if (_account is not { IsRegistered: true } || (repeats == 0 && Random.Shared.Next(40) == 0))
        {
            return RegisterAsync(http, cancellationToken);
        }

        return _account.Token is null ? LogInAsync(http, cancellationToken)
            : Random.Shared.Next(4) == 0 ? UploadAsync(http, cancellationToken)
            : EditAsync(http, cancellationToken);
    }

    public async Task RegisterAsync(HttpClient http, CancellationToken cancellationToken)
    {
        _account = new Account($"drill-{Random.Shared.NextInt64():x}@example.org");
        ledger.Accounts.Enqueue(_account);
        var body = new { email = _account.Email, password = Password, firstName = "0", lastName = "Drill" };
        HttpRequestMessage Request() => new(HttpMethod.Post, "/v1/users") { Content = JsonContent.Create(body) };
        using var answer = await SendAsync(
            http, Request, HttpStatusCode.Created, $"register {_account.Email}", () => { }, cancellationToken);
        if (answer is not null)
        {
            _account.Id = (string)(await JsonAsync(answer, cancellationToken))["id"]!;
            _account.IsRegistered = true;
        }
    }

    public async Task LogInAsync(HttpClient http, CancellationToken cancellationToken)
    {
        var body = new { email = _account!.Email, password = Password };
        HttpRequestMessage Request() => new(HttpMethod.Post, "/v1/sessions") { Content = JsonContent.Create(body) };
        using var answer = await SendAsync(http, Request, HttpStatusCode.Created, $"log in {_account.Id}", () => { }, cancellationToken);
        _account.Token = answer is null ? null : (string)(await JsonAsync(answer, cancellationToken))["token"]!;
    }

    private async Task EditAsync(HttpClient http, CancellationToken cancellationToken)
    {
        var (tag, account) = (await CheckNameAsync(http, cancellationToken), _account!);
        if (tag is null)
        {
            return;
        }

        var next = account.Edit + 1;
        HttpRequestMessage Edit()
        {
            var request = Request(account, HttpMethod.Patch, "/v1/users/me", JsonContent.Create(new { firstName = $"{next}" }));
            request.Headers.IfMatch.Add(tag);
            return request;
        }

        using var answer = await SendAsync(
            http, Edit, HttpStatusCode.OK, $"edit {account.Id} to {next}", () => account.OpenEdit = next, cancellationToken);
        if (answer is not null)
        {
            (account.Edit, account.Edits) = (next, account.Edits + 1);
        }
    }

    public async Task UploadAsync(HttpClient http, CancellationToken cancellationToken)
    {
        var account = _account!;
        var bytes = photo?.Invoke() ?? SmallJpeg.Make(Random.Shared);
        HttpRequestMessage Upload() => Request(
            account, HttpMethod.Post, "/v1/media",
            new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("image/jpeg") } });
        using var answer = await SendAsync(
            http, Upload, HttpStatusCode.Accepted, $"upload of {account.Id}", () => account.OpenPhotos++, cancellationToken);
        if (answer is null)
        {
            return;
        }

        if (!account.Photos.Add((string)(await JsonAsync(answer, cancellationToken))["id"]!))
        {
            ledger.Fault($"Two uploads of {account.Id} were acknowledged with one id");
        }

        account.HasPhotos = true;
    }

    /// <summary>Compares the name with what was acknowledged, and settles what was open.</summary>
    /// <returns>The present tag; null when it was refused or there is a fault.</returns>
    public async Task<EntityTagHeaderValue?> CheckNameAsync(HttpClient http, CancellationToken cancellationToken)
    {
        var account = _account!; // only called for one who is logged in
        using var request = Request(account, HttpMethod.Get, "/v1/users/me", null);
        var start = TimeProvider.System.GetTimestamp();
        using var answer = await http.SendAsync(request, cancellationToken);
        if (IsRefused(answer, start))
        {
            return null;
        }

        if (answer.StatusCode != HttpStatusCode.OK)
        {
            ledger.Fault($"User {account.Id} was acknowledged with a session, and GET /v1/users/me answers {(int)answer.StatusCode}");
            return null;
        }

        var name = (string)(await JsonAsync(answer, cancellationToken))["firstName"]!;
        if (name == $"{account.OpenEdit}")
        {
            (account.Edit, account.Edits) = (account.OpenEdit!.Value, account.Edits + 1); // not null: it equals a name
        }
        else if (name != $"{account.Edit}")
        {
            ledger.Fault(
                $"User {account.Id} is called {name}; edit {account.Edit} was acknowledged, {account.OpenEdit?.ToString() ?? "none"} "
                    + $"was open");
            account.Edit = int.TryParse(name, out var number) ? number : account.Edit;
        }

        account.OpenEdit = null;
        return answer.Headers.ETag;
    }

    public static HttpRequestMessage Request(Account account, HttpMethod method, string path, HttpContent? content) =>
        new(method, path) { Content = content, Headers = { Authorization = new AuthenticationHeaderValue("Bearer", account.Token) } };

    /// <returns>Null when it was refused, which may be expected, or the answer is another one, which is a fault.</returns>
    private async Task<HttpResponseMessage?> SendAsync(
        HttpClient http, Func<HttpRequestMessage> request, HttpStatusCode expected, string what, Action leaveOpen,
        CancellationToken cancellationToken)
    {
        HttpResponseMessage answer;
        var start = TimeProvider.System.GetTimestamp();
        try
        {
            answer = await AskAsync(http, request, cancellationToken);
        }
        catch
        {
            leaveOpen();
            ledger.LeaveOpen(what);
            throw;
        }

        if (answer.StatusCode == expected)
        {
            ledger.Acknowledge(what);
            return answer;
        }

        leaveOpen();
        if (IsRefused(answer, start) || (repeats > 0 && await IsDoneAsync(answer, cancellationToken)))
        {
            ledger.LeaveOpen(what);
        }
        else
        {
            ledger.Fault($"{what} answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(cancellationToken)}");
        }

        answer.Dispose();
        return null;
    }

    // Again and again under one key, as a client does that was not answered.
    private async Task<HttpResponseMessage> AskAsync(HttpClient http, Func<HttpRequestMessage> request, CancellationToken cancellationToken)
    {
        for (var (key, left) = (Convert.ToHexString(RandomNumberGenerator.GetBytes(16)), repeats); ; left--)
        {
            using var message = request();
            if (repeats > 0)
            {
                message.Headers.Add("Idempotency-Key", key);
            }

            try
            {
                var answer = await http.SendAsync(message, cancellationToken);
                if (left == 0
                    || !(
                        answer.StatusCode >= HttpStatusCode.BadGateway
                            || answer is { StatusCode: HttpStatusCode.Conflict, Headers.RetryAfter: not null }))
                {
                    return answer;
                }

                answer.Dispose();
            }
            catch (HttpRequestException) when (left > 0)
            {
                // Whether it happened is not known.
            }

            ledger.Repeat();
            await Task.Delay(RepeatPause, cancellationToken);
        }
    }

    // The node died between the effect and the answer: it says that it was carried out, and what was open is settled by the next look.
    private static async Task<bool> IsDoneAsync(HttpResponseMessage answer, CancellationToken cancellationToken) =>
        answer.StatusCode == HttpStatusCode.Conflict
            && (string?)(await JsonAsync(answer, cancellationToken))["code"] == "idempotency-answer-lost";

    private bool IsRefused(HttpResponseMessage answer, long start)
    {
        var isHonest = ledger.ExpectsRefusals && answer is { StatusCode: HttpStatusCode.ServiceUnavailable, Headers.RetryAfter: not null }
            && answer.Content.Headers.ContentType?.MediaType == "application/problem+json";
        if (isHonest)
        {
            ledger.Refusals.Enqueue(TimeProvider.System.GetElapsedTime(start));
        }

        return isHonest;
    }

    private static async Task<JsonObject> JsonAsync(HttpResponseMessage answer, CancellationToken cancellationToken) =>
        await answer.Content.ReadFromJsonAsync<JsonObject>(cancellationToken) ?? throw new InvalidOperationException("The answer is empty");
}
