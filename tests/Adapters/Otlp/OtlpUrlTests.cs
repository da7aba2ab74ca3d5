namespace Monolith.Adapters.Tests.Otlp;

public sealed class OtlpUrlTests
{
    [Theory]
    [InlineData("otlp:", "names no host; write it like \"otlp://collector:4318?traces=0.1&token-file=/run/secrets/otlp\"")]
    [InlineData(
        "otlp://a,b",
        "names several collectors; a balancer before them has one name. "
            + "Write it like \"otlp://collector:4318?traces=0.1&token-file=/run/secrets/otlp\"")]
    [InlineData("otlp://me:secret@collector", "has a user; give the token by \"token-file\" or \"token-env\"")]
    [InlineData("otlp://collector?traces=2", "key \"traces\" must be a number from 0 to 1, the part of the requests that is traced")]
    [InlineData("otlp://collector?traces=-1", "key \"traces\" must be a number from 0 to 1, the part of the requests that is traced")]
    [InlineData("otlp://collector?logs=yes", "key \"logs\" must be one of true, false")]
    [InlineData("otlp://collector?metrics=1", "key \"metrics\" must be one of true, false")]
    [InlineData("otlp://collector?logs=false&traces=0", "exports nothing; \"none:\" does the same at less cost")]
    [InlineData("otlp://collector?timeout=2m", "key \"timeout\" must be at most 1m")]
    [InlineData("otlp://collector?queue=0", "key \"queue\" must be a whole number from 1 to 1000000")]
    [InlineData("otlp://collector?token-file=/not/there", "key \"token-file\" names a file that is not there")]
    [InlineData("otlp://collector?token-env=MONOLITH_NOT_SET", "key \"token-env\" names a variable that is not set")]
    [InlineData(
        "otlp://collector?token-env=PATH&token-file=/not/there",
        "gives the token twice; keep one of the URL, \"token-file\" and \"token-env\"")]
    [InlineData("otlp://collector?ca=/etc/hosts", "key \"ca\" is for otlps://")]
    [InlineData("otlps://collector?ca=/not/there", "key \"ca\" names /not/there, which is not there")]
    [InlineData("otlp://collector?trace=1", "unknown key \"trace\"; did you mean \"traces\"?")]
    public void Say_what_is_wrong_with_them(string url, string fault) =>
        Assert.Contains($"Adapters:Telemetry: {fault}", StartedOtlp.FaultsOf(url));

    [Theory]
    [InlineData("otlp://collector")]
    [InlineData(
        "otlps://collector.example.com:443/otlp?logs=false&traces=0.01&metrics=true&interval=1s&timeout=2s&queue=100&token-env=PATH")]
    public void Are_taken_when_they_are_right(string url) => Assert.Empty(StartedOtlp.FaultsOf(url));
}
