namespace Monolith.Adapters.Tests.Edge;

public sealed class EdgeUrlTests
{
    private const string Varnish = "varnish://cache?password-env=PATH";

    private const string Api = "purge+https://api.example.com/purge?header=Surrogate-Key";

    [Theory]
    [InlineData(
        "varnish://cache", "gives no secret; Varnish takes purges from those who know it: add \"password-file\" or \"password-env\"")]
    [InlineData("varnish:?password-env=PATH", "names no host; write it like \"varnish://cache:6081?password-file=/run/secrets/purge\"")]
    [InlineData("varnish://cache:x?password-env=PATH", "has no port after the colon; write it like \"cache:6081\"")]
    [InlineData("varnish://cache/path?password-env=PATH", "has a path; a purge is told by keys and needs none")]
    [InlineData(Varnish + "&url=cdn.example.com", "key \"url\" must be like https://cdn.example.com")]
    [InlineData(Varnish + "&url=https://cdn.example.com/path", "key \"url\" must be like https://cdn.example.com")]
    [InlineData(Varnish + "&url=https://cdn.example.com&probe=health", "key \"probe\" must be a path such as /v1/limits")]
    [InlineData(Varnish + "&url=https://cdn.example.com&probe=//evil.example", "key \"probe\" must be a path such as /v1/limits")]
    [InlineData(
        Varnish + "&interval=5s",
        "would notice the loss of the edge after 12 s only; with \"interval\", \"timeout\" and \"fall\" it must be 10 at most")]
    [InlineData(
        Varnish + "&timeout=4s",
        "would notice the loss of the edge after 12 s only; with \"interval\", \"timeout\" and \"fall\" it must be 10 at most")]
    [InlineData(Varnish + "&fall=0", "key \"fall\" must be a whole number from 1 to 100")]
    [InlineData(Varnish + "&again=soon", "key \"again\" must be a duration such as 500ms, 30s or 5m")]
    [InlineData(Varnish + "&tag-header=a b", "key \"tag-header\" must be the name of a header")]
    [InlineData(Varnish + "&tag-heade=x", "unknown key \"tag-heade\"; did you mean \"tag-header\"?")]
    [InlineData("purge+https://api.example.com/purge", "needs one of \"header\" and \"body\", which says where the keys go")]
    [InlineData(Api + "&body={keys}", "needs one of \"header\" and \"body\", which says where the keys go")]
    [InlineData(
        "purge+https://api.example.com/purge?body={}",
        "key \"body\" has no place for the keys: {keys} for a JSON array, or {key} for one at a time")]
    [InlineData(
        "purge+https:?header=x",
        "names no server; write it like \"purge+https://api.example.com/purge?header=Surrogate-Key&password-file=/run/secrets/purge\"")]
    [InlineData("purge+https://me:secret@api.example.com/?header=x", "has a user; give the token by \"password-file\" or \"password-env\"")]
    [InlineData(Api + "&method=GET", "key \"method\" must be one of POST, PURGE, PUT, DELETE")]
    [InlineData(Api + "&batch=0", "key \"batch\" must be a whole number from 1 to 1000")]
    [InlineData(Api + "&separator=;", "key \"separator\" must be one of space, comma")]
    [InlineData(Api + "&auth-header=a:b", "key \"auth-header\" must be the name of a header")]
    [InlineData(Api + "&password-file=/not/there", "key \"password-file\" names a file that is not there")]
    public void Say_what_is_wrong_with_them(string url, string fault) =>
        Assert.Contains($"Adapters:Edge: {fault}", StartedEdge.FaultsOf(url));

    [Theory]
    [InlineData(Varnish)]
    [InlineData(
        "varnish://cache1:6081,[::1]:6082?password-env=PATH&url=https://cdn.example.com&probe=/v1/limits&interval=1s&timeout=1s"
            + "&fall=3&rise=10&keep=1h&stale=7h&again=never&tag-header=Edge-Cache-Tag")]
    [InlineData(Api)]
    public void Are_taken_when_they_are_right(string url) => Assert.Empty(StartedEdge.FaultsOf(url));
}
