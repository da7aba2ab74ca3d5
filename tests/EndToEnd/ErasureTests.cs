using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Monolith.EndToEnd.Tests;

/// <summary>What is left of a user who was erased: looks for planted texts in every byte of the data directory and of the log.</summary>
public sealed class ErasureTests : IDisposable
{
    private const string Password = "correct horse battery";

    private readonly Verbs _verbs = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_verbs.Folder, "data");

    public void Dispose() => _verbs.Dispose();

    [Fact]
    public async Task Leaves_nothing_of_a_user_who_is_erased_on_the_disk_and_everything_of_others()
    {
        var (me, other) = (new Person(), new Person());
        using (var host = await StartAsync())
        {
            await LiveAsync(host, me);
            await LiveAsync(host, other);
            Assert.Contains(Found(host, me), f => f.StartsWith("image in blobs", StringComparison.Ordinal));
            Assert.Contains(Found(host, me), f => f.StartsWith("e-mail in mail", StringComparison.Ordinal));
            Assert.DoesNotContain(
                Found(host, me), f => f.Contains("store.db", StringComparison.Ordinal) || f.Contains("the log", StringComparison.Ordinal));

            await EraseAsync(host, me);

            await GoneAsync(host, me);
            Assert.Empty(Found(host, me));
            await IsThereAsync(host, other);
            using var profile = await GetAsync(host, other, $"/v1/users/{me.Id}");
            using var photo = await GetAsync(host, other, me.Photo);
            using var image = await host.Http.GetAsync(me.Variant, Cancelled);
            Assert.Equal(
                (HttpStatusCode.Gone, HttpStatusCode.NotFound, HttpStatusCode.NotFound),
                (profile.StatusCode, photo.StatusCode, image.StatusCode));
            Assert.Equal(0, await host.StopAsync(Cancelled));
            Assert.Empty(Found(host, me));
        }

        var (code, output) = await _verbs.RunAsync("verify");
        Assert.True(code == 0, output);
        Assert.Equal(
            ["{\"key\":\"\"}"],
            _verbs.Read("select cast(body as text) from documents where kind = 'kernel.subject-key.v1' and id = '" + me.Id + "'"));
        var rebuilt = await _verbs.RunAsync("rebuild");
        Assert.StartsWith("0 documents rebuilt", Verbs.LastLine(rebuilt.Output), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Goes_on_with_an_erasure_after_it_was_killed_in_the_middle()
    {
        var (me, other) = (new Person(), new Person());
        using (var host = await StartAsync())
        {
            await LiveAsync(host, me);
            await LiveAsync(host, other);
            await EraseAsync(host, me);
            host.Kill();
            await host.ExitAsync(Cancelled);
        }

        using var again = await StartAsync();
        await GoneAsync(again, me);

        Assert.Empty(Found(again, me));
        await IsThereAsync(again, other);
        Assert.Equal(0, await again.StopAsync(Cancelled));
        var (code, output) = await _verbs.RunAsync("verify");
        Assert.True(code == 0, output);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stays_erased_when_a_backup_is_put_back_to_a_moment_before(bool isClaimImported)
    {
        var (me, other) = (new Person(), new Person());
        string before;
        using (var host = await StartAsync())
        {
            await LiveAsync(host, me);
            await LiveAsync(host, other);
            Assert.Equal(0, await host.StopAsync(Cancelled));
        }

        if (isClaimImported)
        {
            _verbs.Execute(
                $"update events set position = {LogStart.Imported} + position where type = (select id from types where name = "
                    + $"'users.email-taken.v1')");
        }

        using (var host = await StartAsync())
        {
            before = TimeProvider.System.GetUtcNow().ToString(
                "yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture);
            await EraseAsync(host, me);
            await GoneAsync(host, me);
            Assert.Equal(0, await host.StopAsync(Cancelled));
        }

        using var to = new Verbs();
        var backup = Path.Combine(to.Folder, "backup");
        var made = await _verbs.RunAsync("backup", backup);
        var restored = await to.RunAsync("restore", backup, "--to", before);
        Assert.True((made.Code, restored.Code) == (0, 0), made.Output + restored.Output);
        Assert.Empty(me.Canaries.SelectMany(canary => canary.FindIn(Path.Combine(to.Folder, "data"), restored.Output)));

        using (var again = await to.StartAsync())
        {
            using var session = await again.Http.PostAsJsonAsync(
                "/v1/sessions", new { email = other.MailAddress, password = other.NewPassword.Text }, Cancelled);
            other.Token = (string)(await session.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["token"]!;
            using var profile = await GetAsync(again, other, $"/v1/users/{me.Id}");
            using var registered = await again.Http.PostAsJsonAsync(
                "/v1/users", new { email = me.MailAddress, password = Password, firstName = "Ada", lastName = "Lovelace" }, Cancelled);
            Assert.Equal((HttpStatusCode.Gone, HttpStatusCode.Created), (profile.StatusCode, registered.StatusCode));
            await IsThereAsync(again, other);
            await Eventually.IsSoAsync(
                () => to.Read($"select id from documents where kind = 'media.photo-view.v1' and bucket = "
                    + $"(select bucket from streams where name = 'user-{me.Id}')").Count == 0,
                () => "the photos are deleted again");
            Assert.Equal(0, await again.StopAsync(Cancelled));
        }
    }

    private Task<HostProcess> StartAsync() => HostProcess.StartAsync(_verbs.Folder, ["--Logging:LogLevel:Default=Information"], Cancelled);

    private List<string> Found(HostProcess host, Person person) =>
        [.. person.Canaries.SelectMany(canary => canary.FindIn(Data, host.Output))];

    /// <summary>Does everything by which something personal can get anywhere.</summary>
    private static async Task LiveAsync(HostProcess host, Person me)
    {
        var address = new { streetAddress = me.Address.Text, city = "Springfield", state = "", postalCode = "62701" };
        using var registered = await host.Http.PostAsJsonAsync(
            "/v1/users", new { email = me.MailAddress, password = Password, firstName = me.First.Text, lastName = me.Last.Text, address },
            Cancelled);
        Assert.Equal(HttpStatusCode.Created, registered.StatusCode);
        me.Id = (string)(await registered.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["id"]!;
        using var again = await host.Http.PostAsJsonAsync(
            "/v1/users", new { email = me.MailAddress, password = Password, firstName = me.First.Text, lastName = me.Last.Text },
            Cancelled);
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);

        using var logIn = new HttpRequestMessage(HttpMethod.Post, "/v1/sessions")
        {
            Content = JsonContent.Create(new { email = me.MailAddress, password = Password }),
        };
        logIn.Headers.TryAddWithoutValidation("User-Agent", me.DeviceName);
        using var session = await host.Http.SendAsync(logIn, Cancelled);
        me.Token = (string)(await session.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["token"]!;
        using var sessions = await GetAsync(host, me, "/v1/sessions");
        Assert.Equal(me.DeviceName, (string?)(await sessions.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["items"]![0]!["device"]);

        using var changed = await SendAsync(
            host, me, HttpMethod.Patch, "/v1/users/me", JsonContent.Create(new { firstName = me.Renamed.Text }), ("If-Match", "*"),
            ("Idempotency-Key", me.Key));
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        using var password = await SendAsync(
            host, me, HttpMethod.Post, "/v1/users/me/password",
            JsonContent.Create(new { currentPassword = Password, newPassword = me.NewPassword.Text }));
        Assert.Equal(HttpStatusCode.NoContent, password.StatusCode);

        me.Photo = await UploadAsync(host, me);
        await Eventually.IsSoAsync(async () => (me.Variant = await VariantAsync(host, me)).Length > 0, () => "a variant");
        await UploadAsync(host, me); // its jobs are on their way, whatever happens then
        await Eventually.IsSoAsync(
            () => Directory.Exists(Path.Combine(host.Folder, "data", "mail"))
                && Directory.GetFiles(Path.Combine(host.Folder, "data", "mail"), $"{me.Id}.*").Length > 0,
            () => "a mail");
        using var shown = await GetAsync(host, me, $"/v1/users/{me.Id}");
        Assert.Contains(me.Renamed.Text[^32..], await shown.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
    }

    private static async Task<string> UploadAsync(HostProcess host, Person me)
    {
        var file = new ByteArrayContent(me.Image.ToImage());
        using var form = new MultipartFormDataContent { { file, "file", $"{me.FileName.Text}.png" } };
        using var uploaded = await SendAsync(host, me, HttpMethod.Post, "/v1/media", form);
        Assert.True(uploaded.StatusCode == HttpStatusCode.Accepted, await uploaded.Content.ReadAsStringAsync(Cancelled));
        return uploaded.Headers.Location!.ToString();
    }

    private static async Task<string> VariantAsync(HostProcess host, Person me)
    {
        using var photo = await GetAsync(host, me, me.Photo);
        var view = await photo.Content.ReadFromJsonAsync<JsonObject>(Cancelled);
        return view!["variants"]!.AsArray().Select(v => (string?)v!["url"]).FirstOrDefault(url => url is not null) ?? "";
    }

    private static async Task EraseAsync(HostProcess host, Person me)
    {
        using var erased = await SendAsync(
            host, me, HttpMethod.Delete, "/v1/users/me", JsonContent.Create(new { currentPassword = me.NewPassword.Text }),
            ("Idempotency-Key", $"{me.Key}-2"));
        Assert.Equal(HttpStatusCode.NoContent, erased.StatusCode);
    }

    /// <summary>Waits until every reaction has done its part.</summary>
    private async Task GoneAsync(HostProcess host, Person me)
    {
        await Eventually.IsSoAsync(
            async () =>
            {
                using var answer = await GetAsync(host, me, "/v1/users/me");
                return answer.StatusCode == HttpStatusCode.Unauthorized;
            },
            () => "the session ends");
        await Eventually.IsSoAsync(() => Found(host, me).Count == 0, () => $"everything is gone\n{string.Join('\n', Found(host, me))}");
        await Eventually.IsSoAsync(
            () => _verbs.Read("select id from documents where kind = 'jobs.job-view.v1' and bucket = "
                + $"(select bucket from streams where name = 'user-{me.Id}')").Count == 0,
            () => "the jobs are erased");
    }

    private static async Task IsThereAsync(HostProcess host, Person other)
    {
        using var own = await GetAsync(host, other, "/v1/users/me");
        var text = (await own.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!;
        Assert.Equal((other.Renamed.Text, other.Last.Text), ((string?)text["firstName"], (string?)text["lastName"]));
        Assert.Contains(
            other.Image.FindIn(Path.Combine(host.Folder, "data"), ""), f => f.StartsWith("image in blobs", StringComparison.Ordinal));
        using var variant = await host.Http.GetAsync(other.Variant, Cancelled);
        Assert.Equal(HttpStatusCode.OK, variant.StatusCode);
    }

    private static Task<HttpResponseMessage> GetAsync(HostProcess host, Person caller, string path) =>
        SendAsync(host, caller, HttpMethod.Get, path, null);

    private static Task<HttpResponseMessage> SendAsync(
        HostProcess host, Person caller, HttpMethod method, string path, HttpContent? content,
        params IEnumerable<(string Name, string Value)> headers)
    {
        var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", caller.Token);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return host.Http.SendAsync(request, Cancelled);
    }

    /// <summary>A user made of planted texts.</summary>
    private sealed class Person
    {
        public Canary Email { get; } = Plain("e-mail");

        public Canary First { get; } = Canary.New("first name");

        public Canary Renamed { get; } = Canary.New("changed name");

        public Canary Last { get; } = Canary.New("last name");

        public Canary Address { get; } = Canary.New("address");

        public Canary Device { get; } = Plain("device");

        public Canary FileName { get; } = Canary.New("file name");

        public Canary Image { get; } = Canary.New("image");

        public Canary NewPassword { get; } = Canary.New("password");

        public Canary IdempotencyKey { get; } = Plain("idempotency key");

        public IReadOnlyList<Canary> Canaries =>
            [Email, First, Renamed, Last, Address, Device, FileName, Image, NewPassword, IdempotencyKey];

        public string MailAddress => $"{Email.Text}@example.org";

        public string DeviceName => $"{Device.Text}/1.0";

        public string Key => IdempotencyKey.Text;

        public string Id { get; set; } = "";

        public string Token { get; set; } = "";

        public string Photo { get; set; } = "";

        public string Variant { get; set; } = "";

        // Where only ASCII is taken.
        private static Canary Plain(string what) => new(what, $"canary-{RandomNumberGenerator.GetHexString(32, lowercase: true)}");
    }
}
