using System.Text;
using System.Text.RegularExpressions;

namespace Monolith.Adapters.Tests.Suites;

/// <summary>What every mailer promises. An adapter is tested by deriving from this, in one short file.</summary>
public abstract partial class MailerContract : IAsyncLifetime
{
    private IMailer Mailer { get; set; } = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Starts a mailer that has sent nothing.</summary>
    protected abstract ValueTask<IMailer> StartAsync();

    /// <summary>Collects what was handed over: whole messages in the Internet Message Format.</summary>
    protected abstract ValueTask<IReadOnlyList<byte[]>> SentAsync();

    /// <summary>Put clean-up here. The lifetime methods are not virtual, so an adapter cannot hide them by mistake.</summary>
    protected virtual ValueTask StopAsync() => ValueTask.CompletedTask;

    async ValueTask IAsyncLifetime.InitializeAsync() => Mailer = await StartAsync();

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await StopAsync();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData("Welcome", "Hello,\n\nplease follow https://example.org/verify?token=abc\n")]
    [InlineData("Grüße aus Köln 日本 👩‍👩‍👧", "Grüße\r\n.\r\n..\r\nFrom here on: 日本")]
    [InlineData("Empty", "")]
    [InlineData("", "one\rtwo")]
    public async Task Hands_over_what_was_given(string subject, string text)
    {
        var mail = await SendAsync(subject, text);

        var (headers, body) = Parse(Assert.Single(await SentAsync()));

        Assert.Equal("ada@example.org", headers["To"]);
        Assert.Equal(subject, headers.GetValueOrDefault("Subject", ""));
        Assert.Equal(text.ReplaceLineEndings("\n").TrimEnd(), body.ReplaceLineEndings("\n").TrimEnd());
        Assert.StartsWith($"<{mail.Id}@", headers["Message-ID"], StringComparison.Ordinal);
        Assert.Contains("@", headers["From"], StringComparison.Ordinal);
        Assert.True(DateTimeOffset.TryParse(headers["Date"], System.Globalization.CultureInfo.InvariantCulture, out _));
    }

    [Fact]
    public async Task Keeps_to_the_line_limits_of_the_format_whatever_is_sent()
    {
        var subject = string.Concat(Enumerable.Repeat("ä👩‍👧x", 100));
        var text = new string('y', 5000);
        await SendAsync(subject, text);

        var sent = Assert.Single(await SentAsync());
        var (headers, body) = Parse(sent);

        Assert.All(Encoding.UTF8.GetString(sent).Split("\r\n"), line => Assert.InRange(Encoding.UTF8.GetByteCount(line), 0, 998));
        Assert.All(EncodedWord().Matches(Encoding.UTF8.GetString(sent)), word => Assert.InRange(word.Length, 0, 75));
        Assert.Equal(subject, headers["Subject"]);
        Assert.Equal(text, body.TrimEnd());
    }

    [Fact]
    public async Task Sends_a_repetition_once()
    {
        var mail = await SendAsync("a", "b");

        await Mailer.SendAsync(mail, Cancellation);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Mailer.SendAsync(mail, Cancellation).AsTask()));

        Assert.Single(await SentAsync());
    }

    [Fact]
    public async Task Sends_different_mails_apart()
    {
        await SendAsync("a", "b");
        await SendAsync("a", "b");

        Assert.Equal(2, (await SentAsync()).Count);
    }

    [Theory]
    [InlineData("ada@example.org\r\nBcc: eve@example.org")]
    [InlineData("ada@example.org\nBcc: eve@example.org")]
    [InlineData("ada@example.org, eve@example.org")]
    [InlineData("ada@example.org;eve@example.org")]
    [InlineData("Ada <ada@example.org>")]
    [InlineData("ada@example.org ")]
    [InlineData("ada@eve@example.org")]
    [InlineData("\"ada\"@example.org")]
    [InlineData("ada\0@example.org")]
    [InlineData("ada\u0085@example.org")]
    [InlineData("@example.org")]
    [InlineData("ada@")]
    [InlineData("ada")]
    [InlineData("")]
    public async Task Refuses_what_is_not_one_bare_address_and_does_not_repeat_it(string to)
    {
        var e = await Assert.ThrowsAnyAsync<ArgumentException>(async () =>
            await Mailer.SendAsync(NewMail("a", "b") with { To = to }, Cancellation));

        Assert.True(to.Length == 0 || !e.Message.Contains(to, StringComparison.Ordinal));
        Assert.Empty(await SentAsync());
    }

    [Theory]
    [InlineData("a\r\nBcc: eve@example.org")]
    [InlineData("a\nb")]
    [InlineData("a\rb")]
    [InlineData("a\u2028b")]
    [InlineData("a\0b")]
    public async Task Refuses_a_subject_that_is_not_one_line(string subject)
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() => SendAsync(subject, "b"));

        Assert.Empty(await SentAsync());
    }

    private async Task<Mail> SendAsync(string subject, string text)
    {
        var mail = NewMail(subject, text);
        await Mailer.SendAsync(mail, Cancellation);
        return mail;
    }

    private static readonly Guid _owner = Id.New(TimeProvider.System, new Bucket(1));

    private static Mail NewMail(string subject, string text) =>
        new(Id.New(TimeProvider.System, new Bucket(1)), _owner, "ada@example.org", subject, text);

    private protected static (Dictionary<string, string> Headers, string Body) Parse(byte[] message)
    {
        var text = Encoding.UTF8.GetString(message);
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        var headers = Folding().Replace(text[..end], "").Split("\r\n").Select(line => line.Split(':', 2))
            .ToDictionary(pair => pair[0], pair => Decode(pair[1].Trim()), StringComparer.OrdinalIgnoreCase);
        var body = text[(end + 4)..];
        return (headers, headers["Content-Transfer-Encoding"] == "base64" ? Encoding.UTF8.GetString(Convert.FromBase64String(body)) : body);
    }

    // RFC 2047 §6.2: the space between two encoded words is not part of the text, and a character is not split between two words (§5).
    private static string Decode(string header) => EncodedWord().Replace(
        Between().Replace(header, "?==?"),
        word => Encoding.UTF8.GetString(
            word.Groups[1].Value is "b" or "B" ? Convert.FromBase64String(word.Groups[2].Value) : Quoted(word.Groups[2].Value)));

    private static byte[] Quoted(string text) =>
        [.. Hex().Matches(text).Select(
            m => m.Value switch { "_" => (byte)' ', ['=', .. var hex] => Convert.ToByte(hex, 16), _ => (byte)m.Value[0] })];

    // RFC 5322 §2.2.3.
    [GeneratedRegex(@"\r\n(?=[ \t])")]
    private static partial Regex Folding();

    [GeneratedRegex(@"\?=[ \t]+=\?")]
    private static partial Regex Between();

    [GeneratedRegex("=[0-9A-F]{2}|.")]
    private static partial Regex Hex();

    [GeneratedRegex(@"=\?utf-8\?([bBqQ])\?([^?]*)\?=", RegexOptions.IgnoreCase)]
    private static partial Regex EncodedWord();
}
