using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Monolith.Kernel.Tests.Idempotency;

public sealed class IdempotencyKeyTests
{
    private static readonly byte[] _secret = new byte[32];
    private static readonly Guid _caller = Guid.Parse("0198c0de-0000-7000-8000-000000000001");

    [Theory]
    [InlineData("a")]
    [InlineData("8e03978e-40d5-43e8-bc93-6894a57f9324")]
    [InlineData("!~")]
    public void Is_one_value_of_visible_ascii(string text)
    {
        Assert.True(IdempotencyKey.TryRead(text, out var read));
        Assert.Equal(text, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a b")]
    [InlineData("a\tb")]
    [InlineData("a\u007f")]
    [InlineData("schlüssel")]
    public void Is_nothing_else(string text) => Assert.False(IdempotencyKey.TryRead(text, out _));

    [Fact]
    public void Has_255_characters_at_most_and_comes_once()
    {
        Assert.True(IdempotencyKey.TryRead(new string('k', 255), out _));
        Assert.False(IdempotencyKey.TryRead(new string('k', 256), out _));
        Assert.False(IdempotencyKey.TryRead(new StringValues(["a", "b"]), out _));
        Assert.False(IdempotencyKey.TryRead(new StringValues([null]), out _));
        Assert.False(IdempotencyKey.TryRead(StringValues.Empty, out _));
    }

    [Theory]
    [InlineData("POST", true)]
    [InlineData("PUT", true)]
    [InlineData("PATCH", true)]
    [InlineData("DELETE", true)]
    [InlineData("GET", false)]
    [InlineData("HEAD", false)]
    [InlineData("OPTIONS", false)]
    public void Counts_where_a_known_caller_changes_something(string method, bool counts)
    {
        object known = new AuthorizeAttribute();

        Assert.Equal(counts, IdempotencyKey.IsHeededBy(method, [known]));
        Assert.False(IdempotencyKey.IsHeededBy(method, [])); // Without a caller, any client that learns the key could have the answer.
        Assert.False(IdempotencyKey.IsHeededBy(method, [known, new AllowAnonymousAttribute()]));
    }

    [Fact]
    public void Names_another_record_for_every_caller_and_every_deployment()
    {
        var ids = new[]
        {
            new IdempotencyKey(
                _secret, _caller, "a").Id, new IdempotencyKey(_secret, _caller, "b").Id, new IdempotencyKey(_secret, Guid.Empty, "a").Id,
            new IdempotencyKey([.. _secret.Select(_ => (byte)1)], _caller, "a").Id,
        };

        Assert.Equal(4, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Matches("^[0-9a-f]{64}$", id));
        Assert.Equal(ids[0], new IdempotencyKey(_secret, _caller, "a").Id);
    }

    [Fact]
    public void Opens_what_it_sealed_and_nothing_that_was_changed_or_sealed_by_another()
    {
        var key = new IdempotencyKey(_secret, _caller, "a");
        var box = key.Seal("answer"u8.ToArray());

        Assert.Equal("answer", Encoding.UTF8.GetString(key.Open(box)));
        Assert.NotEqual(box, key.Seal("answer"u8.ToArray())); // By another nonce each time.
        Assert.ThrowsAny<CryptographicException>(() => new IdempotencyKey(_secret, _caller, "b").Open(box));
        for (var i = 0; i < box.Length; i += 7)
        {
            box[i] ^= 1;
            Assert.ThrowsAny<CryptographicException>(() => key.Open(box));
            box[i] ^= 1;
        }
    }

    [Fact]
    public void Hashes_method_and_address_and_body_so_that_none_can_stand_for_another()
    {
        var key = new IdempotencyKey(_secret, _caller, "a");

        string Hash(string method, string address, string body)
        {
            using var hash = key.Hash(method, address);
            hash.AppendData(Encoding.UTF8.GetBytes(body));
            return Convert.ToHexString(hash.GetHashAndReset());
        }

        string[] all = [Hash(
            "POST", "/a", "b"), Hash("PUT", "/a", "b"), Hash("POST", "/ab", ""), Hash("POST", "/a", ""), Hash("POST", "/a?b", "b")];
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.Equal(all[0], Hash("POST", "/a", "b"));
    }

    [Fact]
    public async Task An_answer_is_given_again_with_what_the_client_knows_meanwhile()
    {
        var first = new DefaultHttpContext().Response;
        (first.StatusCode, first.Headers.ETag, first.Headers.SetCookie, first.ContentType) = (201, "\"1\"", "a=b", "application/json");
        var stored = KeyedAnswer.Read(KeyedAnswer.Of(first, "{}"u8.ToArray(), "0:5").Write());
        var again = new DefaultHttpContext { Response = { Body = new MemoryStream() } }.Response;
        Assert.True(ConsistencyToken.TryParse("0:7,1:3", out var known));

        await stored.ReplayAsync(again, known);

        Assert.Equal(201, again.StatusCode);
        Assert.Equal(["\"1\"", "application/json", "true"], [$"{again.Headers.ETag}", $"{again.ContentType}",
            $"{again.Headers[MonolithHeaders.IdempotentReplayed]}"]);
        Assert.Equal(
            ("0:7,1:3", "", 2), (again.Headers[MonolithHeaders.Token].ToString(), again.Headers.SetCookie.ToString(), again.Body.Length));
    }

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    public async Task A_token_that_is_none_stays_as_it_was_stored(string token)
    {
        var again = new DefaultHttpContext().Response;

        await new KeyedAnswer(
            204, new Dictionary<string, string> { [MonolithHeaders.Token] = token }, []).ReplayAsync(again, ConsistencyToken.None);

        Assert.Equal((204, token), (again.StatusCode, again.Headers[MonolithHeaders.Token].ToString()));
        Assert.Null(again.ContentLength);
    }

    [Fact]
    public void What_an_endpoint_wanted_to_answer_is_withdrawn()
    {
        var response = new DefaultHttpContext().Response;
        (response.ContentLength, response.Headers.ETag, response.Headers.Location, response.ContentType) = (7, "\"1\"", "/a", "text/plain");
        response.Headers.Vary = "Cookie";

        KeyedAnswer.Withdraw(response);

        Assert.Equal(["Vary"], response.Headers.Keys);
    }

    [Fact]
    public void There_is_no_answer_in_null() => Assert.Throws<System.Text.Json.JsonException>(() => KeyedAnswer.Read("null"u8.ToArray()));
}
