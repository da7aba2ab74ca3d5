using System.Globalization;
using System.Text;

namespace Monolith.Modules.Tests.Platform;

/// <summary>What becomes of idempotency keys when processes stop, clients leave, time passes or another node is faster.</summary>
[Trait("host", "own")]
public sealed class IdempotencyRecoveryTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("monolith-").FullName;
    private readonly string _key = Keyed.NewKey();
    private readonly Errand _errand = new();
    private ErrandApp _app = null!;
    private Member _ada = null!;

    public async ValueTask InitializeAsync()
    {
        _app = await ErrandApp.StartAsync(_directory, _errand);
        _ada = await Member.JoinAsync(_app);
    }

    public async ValueTask DisposeAsync()
    {
        await ((IAsyncDisposable)_app).DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Answers_again_after_a_restart()
    {
        var first = await RunErrandAsync(_ada.Http);
        var http = await RestartAsync();

        await (await RunErrandAsync(http)).IsReplayOfAsync(first);
        Assert.Equal(1, _errand.Effects);
    }

    [Fact]
    public async Task Says_that_the_answer_is_lost_when_the_process_died_before_storing_it()
    {
        _errand.AfterCommit = (_, _) => throw new InvalidOperationException("Stands for the end of the process.");
        var record = await _app.RecordOfAsync(
            async () => Assert.Equal(HttpStatusCode.InternalServerError, (await RunErrandAsync(_ada.Http)).Status));
        var http = await RestartAsync();

        var soon = await RunErrandAsync(http);
        await _app.PutAsync(record, r => r["at"] = Ago(TimeSpan.FromMinutes(1)));
        var later = await RunErrandAsync(http);

        await soon.Message.IsProblemAsync(HttpStatusCode.Conflict, "idempotency-in-progress");
        await later.Message.IsProblemAsync(HttpStatusCode.Conflict, "idempotency-answer-lost");
        Assert.Equal(1, _errand.Effects);
    }

    [Fact]
    public async Task Names_what_changed_when_the_answer_is_lost()
    {
        var record = await _app.RecordOfAsync(() => _ada.Http.RenameAsync(_key, "Grace"));
        await _app.PutAsync(record, r => (r["at"], r["answer"]) = (Ago(TimeSpan.FromMinutes(1)), null));

        var problem = await (await _ada.Http.RenameAsync(_key, "Grace")).Message.IsProblemAsync(
            HttpStatusCode.Conflict, "idempotency-answer-lost");

        Assert.EndsWith($"It changed: user-{_ada.Id}.", (string?)problem["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keeps_the_answer_that_the_client_did_not_wait_for()
    {
        using var leaving = new CancellationTokenSource();
        _errand.AfterCommit = async (effect, cancellationToken) =>
        {
            await leaving.CancelAsync();
            await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken); // for the server to see that no client is there
            return $"effect {effect}";
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/errand") { Headers = { { "Idempotency-Key", _key } } };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _ada.Http.SendAsync(request, leaving.Token));

        var answer = await Eventually.FindAsync(
            async () => await RunErrandAsync(_ada.Http) is { Status: HttpStatusCode.OK } found ? found : null, "the answer is stored");

        Assert.Equal((true, "\"effect 1\"", 1), (answer.IsReplayed, await answer.Message.Content.ReadAsStringAsync(), _errand.Effects));
    }

    [Fact]
    public async Task Sends_an_answer_that_is_too_large_to_keep()
    {
        _errand.AfterCommit = (_, _) => Task.FromResult(new string('a', 1 << 20));
        var record = await _app.RecordOfAsync(async () =>
            Assert.Equal((1 << 20) + 2, (await (await RunErrandAsync(_ada.Http)).Message.Content.ReadAsByteArrayAsync()).Length));

        Assert.Null(JsonNode.Parse(record.Body)!["answer"]);
    }

    [Fact]
    public async Task Lets_a_repetition_wait_while_the_request_is_under_way()
    {
        var (isBegun, mayEnd) = (new TaskCompletionSource(), new TaskCompletionSource());
        _errand.BeforeCommit = async () =>
        {
            isBegun.SetResult();
            await mayEnd.Task;
            return true;
        };
        var slow = RunErrandAsync(_ada.Http);
        await isBegun.Task;

        var early = await RunErrandAsync(_ada.Http);
        mayEnd.SetResult();
        var first = await slow;

        await early.Message.IsProblemAsync(HttpStatusCode.Conflict, "idempotency-in-progress");
        Assert.Equal(TimeSpan.FromSeconds(1), early.Message.Headers.RetryAfter?.Delta);
        await (await RunErrandAsync(_ada.Http)).IsReplayOfAsync(first);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Yields_to_another_node_that_carries_out_the_same_at_the_same_time(bool wouldCommit)
    {
        Answer first = null!;
        var record = await _app.RecordOfAsync(async () => first = await RunErrandAsync(_ada.Http));
        await _app.DeleteAsync(record);
        _errand.BeforeCommit = async () =>
        {
            await _app.PutAsync(record);
            return wouldCommit;
        };

        var second = await RunErrandAsync(_ada.Http);

        await second.IsReplayOfAsync(first);
        Assert.Equal((wouldCommit ? 2 : 1, 1), (_errand.Decisions, _errand.Effects));
    }

    [Fact]
    public async Task Forgets_a_key_after_a_day()
    {
        var record = await _app.RecordOfAsync(() => RunErrandAsync(_ada.Http));
        await _app.PutAsync(record, r => r["at"] = Ago(TimeSpan.FromHours(23.9)));
        var before = await RunErrandAsync(_ada.Http);
        await _app.PutAsync(record, r => r["at"] = Ago(TimeSpan.FromHours(24)));

        var after = await RunErrandAsync(_ada.Http);

        Assert.Equal((true, false, 2), (before.IsReplayed, after.IsReplayed, _errand.Effects));
        await (await RunErrandAsync(_ada.Http)).IsReplayOfAsync(after);
    }

    [Fact]
    public async Task Sweeps_what_has_expired_and_nothing_else()
    {
        var record = await _app.RecordOfAsync(() => RunErrandAsync(_ada.Http));
        var now = TimeProvider.System.GetUtcNow();
        Assert.Contains(await _app.RecordsAsync(SlotOf(now.AddHours(24))), d => d.Id == record.Id);
        foreach (var hours in Enumerable.Range(-22, 48))
        {
            await _app.PutAsync(record with { Id = hours.ToString(CultureInfo.InvariantCulture) }, null, SlotOf(now.AddHours(hours)));
        }

        await RestartAsync();
        var left = await Eventually.FindAsync(
            async () => await _app.RecordsAsync() is { Count: <= 28 } records ? records : null, "the sweep is through");

        // What expires from an hour ago to in a day is in use, or could be by another clock.
        Assert.Equal(
            [.. Enumerable.Range(-1, 27).Select(h => h.ToString(CultureInfo.InvariantCulture)), record.Id],
            left.Select(d => d.Id).OrderBy(id => id.Length > 3)
                .ThenBy(id => id.Length > 3 ? 0 : int.Parse(id, CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task Stores_nothing_that_can_be_read_without_the_key()
    {
        var record = await _app.RecordOfAsync(() => _ada.Http.RenameAsync(_key, "Canary"));

        var answer = Convert.FromBase64String((string)JsonNode.Parse(record.Body)!["answer"]!);
        Assert.DoesNotContain("status", Encoding.UTF8.GetString(answer), StringComparison.Ordinal);
        Assert.DoesNotContain(_key, record.Id, StringComparison.Ordinal);
    }

    private static string Ago(TimeSpan time) => (TimeProvider.System.GetUtcNow() - time).ToString("O", CultureInfo.InvariantCulture);

    private static IndexEntry SlotOf(DateTimeOffset hour) =>
        new("slot", (hour.ToUnixTimeSeconds() / 3600 % 48).ToString("00", CultureInfo.InvariantCulture));

    private Task<Answer> RunErrandAsync(HttpClient http) => http.SendAsync(_key, HttpMethod.Post, "/v1/errand");

    private async Task<HttpClient> RestartAsync()
    {
        await ((IAsyncDisposable)_app).DisposeAsync();
        _app = await ErrandApp.StartAsync(_directory, _errand);
        var http = _app.CreateClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", _ada.Token);
        return http;
    }
}
