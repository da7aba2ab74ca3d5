using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Monolith.Adapters.S3;

namespace Monolith.Adapters.Tests.S3;

/// <summary>The URL of a bucket, and what its server's faults are called. No server is asked.</summary>
public sealed class S3SettingsTests
{
    private const string Example = "\"s3://access-key@photos?endpoint=https://s3.example.org&password-file=/run/secrets/s3\"";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("s3:", "names no bucket; write it like " + Example)]
    [InlineData("s3://photos/here", "has a path after the bucket; write it as \"prefix\"")]
    [InlineData("s3://key@photos", "gives an access key and no secret; add \"password-file\" or \"password-env\"")]
    [InlineData("s3://:hunter2@photos", "gives a secret and no access key; write it like " + Example)]
    [InlineData(
        "s3://key:hunter2@photos?password-env=PATH",
        "gives the password twice; keep one of the URL, \"password-file\" and \"password-env\"")]
    [InlineData("s3://key@photos?password-file=/no/such", "key \"password-file\" names a file that is not there")]
    [InlineData("s3://photos?endpoint=s3.example.org", "key \"endpoint\" must be like https://s3.example.org or http://127.0.0.1:9000")]
    [InlineData(
        "s3://photos?endpoint=ftp://s3.example.org", "key \"endpoint\" must be like https://s3.example.org or http://127.0.0.1:9000")]
    [InlineData(
        "s3://photos?endpoint=https://s3.example.org/photos",
        "key \"endpoint\" must be like https://s3.example.org or http://127.0.0.1:9000")]
    [InlineData(
        "s3://photos?endpoint=https://me:hunter2@s3.example.org",
        "key \"endpoint\" must be like https://s3.example.org or http://127.0.0.1:9000")]
    [InlineData(
        "s3://photos?links=1m&links-endpoint=cdn", "key \"links-endpoint\" must be like https://s3.example.org or http://127.0.0.1:9000")]
    [InlineData(
        "s3://photos?links-endpoint=https://cdn.example.org",
        "key \"links-endpoint\" is for links; say with \"links\" how long they are good")]
    [InlineData("s3://photos?links=169h", "key \"links\" must be at most 168h")]
    [InlineData("s3://photos?links=soon", "key \"links\" must be a duration such as 500ms, 30s or 5m")]
    [InlineData("s3://photos?prefix=Ü", "key \"prefix\" takes a-z 0-9 - _ . and slashes between its parts")]
    [InlineData("s3://photos?prefix=a/../b", "key \"prefix\" takes a-z 0-9 - _ . and slashes between its parts")]
    [InlineData("s3://photos?part=4MB", "key \"part\" must be from 5MB to 64MB")]
    [InlineData("s3://photos?part=65MB", "key \"part\" must be from 5MB to 64MB")]
    [InlineData("s3://photos?part=much", "key \"part\" must be a size such as 64MB")]
    [InlineData("s3://photos?uploads=0", "key \"uploads\" must be a whole number from 1 to 1000")]
    [InlineData("s3://photos?uploads=1001", "key \"uploads\" must be a whole number from 1 to 1000")]
    [InlineData("s3://photos?timeout=0s", "key \"timeout\" must be a duration such as 500ms, 30s or 5m")]
    public void Names_the_fault_of_the_url_and_no_secret(string url, string expected)
    {
        var faults = new Faults();

        S3Settings.Read(AdapterUrl.Parse("Adapters:Blobs", url, faults)!); // Null only without a scheme.

        Assert.Equal($"Adapters:Blobs: {expected}", Assert.Single(faults.Lines));
        Assert.DoesNotContain("hunter2", faults.Lines[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("s3://photos", "photos (us-east-1)")]
    [InlineData("s3://photos?region=eu-central-1", "photos (eu-central-1)")]
    [InlineData("s3://key:hunter2@photos?endpoint=https://s3.example.org:9000", "photos at s3.example.org:9000")]
    public void Is_called_by_its_bucket_and_its_place(string url, string name)
    {
        var settings = Read(url);

        Assert.Equal((name, name), (settings.Name, settings.ToString()));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("?prefix=", "")]
    [InlineData("?prefix=team/photos", "team/photos/")]
    [InlineData("?prefix=/team/", "team/")]
    public void Puts_one_slash_behind_the_prefix(string query, string prefix) => Assert.Equal(prefix, Read($"s3://photos{query}").Prefix);

    [Fact]
    public void Has_what_is_usual_unless_told_otherwise()
    {
        var usual = Read("s3://photos");
        var told = Read(
            "s3://photos?part=64MB&uploads=3&timeout=2m&links=168h&endpoint=http://127.0.0.1:9000&links-endpoint=https://cdn.example.org");

        Assert.Equal(
            (S3Settings.SmallestPart, 16, TimeSpan.FromSeconds(10), null, false), (
                usual.Part, usual.Uploads, usual.Timeout, usual.Links, usual.IsPlain));
        Assert.Equal(
            (64 << 20, 3, TimeSpan.FromMinutes(2), TimeSpan.FromDays(7), false), (
                told.Part, told.Uploads, told.Timeout, told.Links, told.IsPlain));
        Assert.True(Read("s3://photos?endpoint=http://127.0.0.1:9000").IsPlain);
    }

    [Theory]
    [InlineData("NoSuchBucket", "does not exist")]
    [InlineData("InvalidAccessKeyId", "does not know this access key")]
    [InlineData("SignatureDoesNotMatch", "does not accept this secret")]
    [InlineData("AccessDenied", "allows this access key too little: it must list, read, write and delete")]
    [InlineData("PermanentRedirect", "lies in another region; give it as \"region\"")]
    [InlineData("AuthorizationHeaderMalformed", "lies in another region; give it as \"region\"")]
    [InlineData("SlowDown", null)] // waiting will do
    [InlineData("InternalError", null)]
    public void Tells_a_fault_of_the_configuration_from_an_outage(string code, string? fault)
    {
        var settings = Read("s3://photos");

        var found = S3Failure.ToFault(Answer(HttpStatusCode.BadRequest, code), settings);

        Assert.Equal(fault is null ? null : $"Adapters:Blobs: the bucket photos (us-east-1) {fault}", found?.Message);
        Assert.Null(S3Failure.ToFault(new IOException(), settings));
        Assert.Null(S3Failure.ToFault(null, settings));
    }

    [Fact]
    public void Tells_an_object_that_is_gone_from_a_bucket_that_is()
    {
        Assert.True(S3Failure.IsGone(Answer(HttpStatusCode.NotFound, "NoSuchKey")));
        Assert.False(S3Failure.IsGone(Answer(HttpStatusCode.NotFound, "NoSuchBucket")));
        Assert.False(S3Failure.IsGone(Answer(HttpStatusCode.Forbidden, "AccessDenied")));
    }

    [Fact]
    public void Takes_for_an_outage_what_is_no_answer_to_the_question()
    {
        Exception[] outages =
        [
            Answer(HttpStatusCode.ServiceUnavailable, "SlowDown"), Answer(HttpStatusCode.NotFound, "NoSuchBucket"),
            new AmazonClientException("no credentials"), new HttpRequestException(), new IOException(), new TimeoutException(),
            new OperationCanceledException(), // the client's own limit
        ];
        Exception[] answers =
        [
            Answer(HttpStatusCode.NotFound, "NoSuchKey"), Answer(HttpStatusCode.PreconditionFailed, "PreconditionFailed"),
            Answer(HttpStatusCode.RequestedRangeNotSatisfiable, "InvalidRange"), new ArgumentException(),
        ];

        Assert.All(outages, e => Assert.True(S3Failure.IsOutage(e, Cancellation), $"{e}"));
        Assert.All(answers, e => Assert.False(S3Failure.IsOutage(e, Cancellation), $"{e}"));
        Assert.False(S3Failure.IsOutage(new OperationCanceledException(), new CancellationToken(canceled: true))); // the caller's wish
    }

    [Theory]
    [InlineData(503, "SlowDown", "SlowDown", false)]
    [InlineData(502, "", "it answers 502", false)]
    [InlineData(507, "QuotaExceeded", "QuotaExceeded", true)]
    public void Says_in_one_line_why_it_is_not_available(int status, string code, string reason, bool isFull)
    {
        var unavailable = S3Failure.ToUnavailable(Answer((HttpStatusCode)status, code), Read("s3://photos"));

        Assert.Equal(($"The bucket photos (us-east-1) is not available: {reason}.", isFull), (unavailable.Message, unavailable.IsFull));
        Assert.EndsWith(
            ": it does not answer in time.", S3Failure.ToUnavailable(new TimeoutException(), Read("s3://photos")).Message,
            StringComparison.Ordinal);
        Assert.EndsWith(
            ": two lines.", S3Failure.ToUnavailable(new IOException("two\nlines."), Read("s3://photos")).Message, StringComparison.Ordinal);
    }

    private static AmazonS3Exception Answer(HttpStatusCode status, string code) =>
        new("It said so.") { StatusCode = status, ErrorCode = code };

    private static S3Settings Read(string url)
    {
        var faults = new Faults();
        var settings = S3Settings.Read(AdapterUrl.Parse("Adapters:Blobs", url, faults)!); // Null only without a scheme.
        faults.ThrowIfAny();
        return settings;
    }
}
