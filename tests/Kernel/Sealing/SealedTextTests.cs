using System.Security.Cryptography;
using System.Text;

namespace Monolith.Kernel.Tests.Sealing;

/// <summary>Sealed text that was damaged is said to be, and never read as something else.</summary>
public sealed class SealedTextTests
{
    private const string Place = "event/1/name";

    private static readonly Guid _subject = Guid.Parse("0198c0de-0000-7000-8000-000000000002");

    private readonly SubjectKey _key = new(_subject, [.. Enumerable.Range(0, SubjectKey.Size).Select(i => (byte)i)]);

    [Theory]
    [InlineData(SealedText.String, "\"Ada\"")]
    [InlineData(SealedText.Value, "{\"a\":[1,2]}")]
    [InlineData(SealedText.Document, "{}")]
    [InlineData(SealedText.Text, "")]
    public void Is_opened_to_what_was_sealed(char form, string content)
    {
        var parsed = SealedText.Parse(Seal(form, content));

        Assert.Equal((form, _subject), (parsed.Form, parsed.Subject));
        Assert.Equal(content, Encoding.UTF8.GetString(_key.Open(parsed, Place)));
    }

    [Fact]
    public void Is_the_same_for_the_same_content_in_the_same_place_and_another_otherwise()
    {
        Assert.Equal(Seal('s', "\"Ada\""), Seal('s', "\"Ada\""));
        Assert.NotEqual(Seal('s', "\"Ada\"")[^20..], Seal('s', "\"Adb\"")[^20..]);
        Assert.NotEqual(_key.Seal('s', "event/2/name", "\"Ada\""u8), _key.Seal('s', Place, "\"Ada\""u8));
    }

    [Theory]
    [InlineData("~p1")]
    [InlineData("~p1s.")]
    [InlineData("~p1s.0198c0de000070008000000000000002")]
    [InlineData("~p1s.0198c0de000070008000000000000002.")]
    [InlineData("~p1s.0198c0de000070008000000000000002.AAAA")]
    [InlineData("~p1s-0198c0de000070008000000000000002.7F6uBiPLHAf67osPK0d_9b6r_HHbTFSH94ECsge5ODNlCA")]
    [InlineData("~p1s.0198c0de000070008000000000000002-7F6uBiPLHAf67osPK0d_9b6r_HHbTFSH94ECsge5ODNlCA")]
    [InlineData("~p1s.0198c0de00007000800000000000000g.7F6uBiPLHAf67osPK0d_9b6r_HHbTFSH94ECsge5ODNlCA")]
    [InlineData("~p1s.0198c0de000070008000000000000002.7F6uBiPLHAf67osPK0d_9b6r_HHbTFSH94ECsge5ODNl*A")]
    public void Is_refused_where_its_form_is_damaged(string text) =>
        Assert.Throws<CryptographicException>(() => SealedText.Parse(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Is_refused_where_any_of_its_content_is_damaged()
    {
        var whole = SealedText.Parse(Seal('s', "\"Ada\""));
        for (var i = 0; i < whole.Box.Length; i++)
        {
            var damaged = whole with { Box = [.. whole.Box] };
            damaged.Box[i] ^= 0x10;
            Assert.ThrowsAny<CryptographicException>(() => _key.Open(damaged, Place));
        }
    }

    [Fact]
    public void Is_refused_in_another_place_and_by_the_key_of_another()
    {
        var whole = SealedText.Parse(Seal('s', "\"Ada\""));

        Assert.ThrowsAny<CryptographicException>(() => _key.Open(whole, "event/2/name"));
        Assert.ThrowsAny<CryptographicException>(() => new SubjectKey(_subject, new byte[SubjectKey.Size]).Open(whole, Place));
    }

    [Fact]
    public void Fields_are_sealed_by_name_and_the_rest_stays_byte_by_byte()
    {
        const string Json = """{"name":"Ada","none":null,"list":[1, {"name":"x"}],"n":1.50}""";
        var id = Guid.Parse("0198c0de-0000-7000-8000-000000000001");

        var closed = SealedJson.Seal(Encoding.UTF8.GetBytes(Json), new HashSet<string> { "name", "none", "list" }, id, _key);

        var text = Encoding.UTF8.GetString(closed);
        Assert.StartsWith("{\"name\":\"~p1s.", text, StringComparison.Ordinal);
        Assert.Contains(",\"none\":null,\"list\":\"~p1v.", text, StringComparison.Ordinal);
        Assert.EndsWith(",\"n\":1.50}", text, StringComparison.Ordinal);
        Assert.Equal(_subject, SealedJson.SubjectOf(closed));
        Assert.Equal(Json, Encoding.UTF8.GetString(SealedJson.Open(closed, id, _key)));
        Assert.Equal("""{"name":"","none":null,"list":null,"n":1.50}""", Encoding.UTF8.GetString(SealedJson.Open(closed, id, null)));
    }

    [Fact]
    public void A_document_without_sealed_fields_has_no_subject()
    {
        Assert.Null(SealedJson.SubjectOf("{\"name\":\"Ada ~p1\"}"u8));
        Assert.Throws<CryptographicException>(() => SealedJson.SubjectOf("{\"name\":\"~p1"u8));
    }

    private byte[] Seal(char form, string content) => Encoding.ASCII.GetBytes(_key.Seal(form, Place, Encoding.UTF8.GetBytes(content)));
}
