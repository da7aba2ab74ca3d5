using Microsoft.Extensions.DependencyInjection;
using Monolith.Sessions;
using Monolith.Users.Contracts;

namespace Monolith.Modules.Tests.Sessions;

[Trait("host", "own")]
public sealed class UserActivityTests : IAsyncLifetime
{
    private readonly CalendarApp _app = new();
    private readonly DateOnly _first = ActiveDays.DayOf(TimeProvider.System.GetUtcNow()).AddDays(1);
    private Member _ada = null!; // Joins before each test.

    public async ValueTask InitializeAsync()
    {
        _app.Clock.MoveTo(At(_first, "12:00:00"));
        await ((IAsyncLifetime)_app).InitializeAsync();
        _ada = await Member.JoinAsync(_app);
    }

    public ValueTask DisposeAsync() => ((IAsyncDisposable)_app).DisposeAsync();

    [Fact]
    public async Task Counts_a_log_in_and_nothing_else_of_the_same_day()
    {
        await ReadAsync();
        await Member.LogInAsync(_ada.Http, _ada.Email);

        Assert.Equal([new ActiveDays.UserActive(Ada, _first, null)], await DaysAsync());
    }

    [Fact]
    public async Task Stores_each_further_day_before_its_first_request_is_answered()
    {
        _app.Clock.MoveTo(At(_first.AddDays(1), "08:00:00"));
        await ReadAsync();
        var second = await DaysAsync();
        await ReadAsync();
        _app.Clock.MoveTo(At(_first.AddDays(5), "08:00:00"));
        await ReadAsync();

        Assert.Equal(new ActiveDays.UserActive(Ada, _first.AddDays(1), _first), second[^1]);
        Assert.Equal([_first, _first.AddDays(1), _first.AddDays(5)], (await DaysAsync()).Select(d => d.Day));
    }

    [Fact]
    public async Task Stores_a_day_that_begins_within_the_minute_in_which_the_session_was_noted()
    {
        _app.Clock.MoveTo(At(_first, "23:59:50"));
        var token = await Member.LogInAsync(_ada.Http, _ada.Email);
        _ada.Http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        _app.Clock.MoveTo(At(_first.AddDays(1), "00:00:10"));

        await ReadAsync();

        Assert.Equal(_first.AddDays(1), (await DaysAsync())[^1].Day);
    }

    [Fact]
    public async Task Stores_a_day_once_however_many_requests_begin_it()
    {
        using var other = _app.CreateClient();
        other.DefaultRequestHeaders.Authorization = new("Bearer", await Member.LogInAsync(other, _ada.Email));
        _app.Clock.MoveTo(At(_first.AddDays(1), "08:00:00"));

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => ReadAsync(i % 2 == 0 ? _ada.Http : other)));

        Assert.Equal([_first, _first.AddDays(1)], (await DaysAsync()).Select(d => d.Day));
    }

    [Fact]
    public async Task Answers_a_read_while_nothing_can_be_stored_and_stores_the_day_later()
    {
        using var missed = new Measured("monolith.activity.missed");
        _app.Clock.MoveTo(At(_first.AddDays(1), "08:00:00"));
        _app.IsReadOnly = true;
        await ReadAsync();
        var before = await DaysAsync();

        _app.IsReadOnly = false;
        await ReadAsync();

        Assert.Equal([_first], before.Select(d => d.Day));
        Assert.InRange(missed.Sum, 1, long.MaxValue);
        Assert.Equal([_first, _first.AddDays(1)], (await DaysAsync()).Select(d => d.Day));
    }

    [Fact]
    public async Task Leaves_the_token_of_a_read_alone()
    {
        _app.Clock.MoveTo(At(_first.AddDays(1), "08:00:00"));

        using var answer = await _ada.Http.GetAsync("/v1/users/me");

        Assert.False(answer.Headers.Contains("Monolith-Token"), "A read wrote nothing of its own.");
    }

    private UserId Ada => UserId.TryParse(_ada.Id, out var id) ? id : throw new InvalidOperationException(_ada.Id);

    private static DateTimeOffset At(DateOnly day, string time) =>
        new(day, TimeOnly.Parse(time, System.Globalization.CultureInfo.InvariantCulture), TimeSpan.Zero);

    private async Task ReadAsync(HttpClient? http = null)
    {
        using var answer = await (http ?? _ada.Http).GetAsync("/v1/users/me");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private async Task<IReadOnlyList<ActiveDays.UserActive>> DaysAsync()
    {
        var (stream, events) = (ActiveDays.StreamOf(Ada), _app.Services.GetRequiredService<EventCatalog>());
        var stored = await _app.Services.GetRequiredService<Shards>().Of(stream.Bucket)
            .Store.ReadStreamAsync(stream, 0, 100, CancellationToken.None);
        return [.. stored.Select(e => (ActiveDays.UserActive)events.Read(e))];
    }

    private sealed class CalendarApp : App
    {
        public ShiftedClock Clock { get; } = new();

        /// <summary>Whether every commit is refused as by a store that cannot be reached.</summary>
        public bool IsReadOnly { get; set; }

        protected override void Adjust(IServiceCollection services)
        {
            services.AddSingleton<TimeProvider>(Clock);
            foreach (var store in services.Where(s => s.ServiceType == typeof(IStore)).ToList())
            {
                services.Remove(store);
                services.AddSingleton(provider => InterceptedStore.Before(
                    // Adapters register no store by its type.
                    (IStore)(store.ImplementationInstance ?? store.ImplementationFactory!(provider)),
                    method => Refuse(method)));
            }
        }

        private void Refuse(string method)
        {
            if (IsReadOnly && method == nameof(IStore.CommitAsync))
            {
                throw new StoreUnavailableException("away", isFull: false, cause: null);
            }
        }
    }
}
