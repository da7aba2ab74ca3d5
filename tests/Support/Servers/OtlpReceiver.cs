using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace Monolith.Support;

/// <summary>A collector: a real server that takes OTLP over HTTP and keeps everything that it gets.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<OtlpExport> _exports = new();
    private TestWeb? _web;

    /// <summary>What it got, in the order it came.</summary>
    public IReadOnlyCollection<OtlpExport> Exports => _exports;

    /// <summary>What it does instead of taking it; null when it is well.</summary>
    public RequestDelegate? Instead { get; set; }

    /// <summary>Where it listens.</summary>
    public int Port => _web!.Port; // Who has one has started it.

    /// <summary>The spans that it got.</summary>
    public IReadOnlyList<OtlpSpan> Spans =>
    [
        .. from export in _exports
           where export.Path == "/v1/traces"
           from resource in ProtobufFields.Read(export.Body).All(1)
           from scope in resource.All(2)
           from span in scope.All(2)
           select new OtlpSpan(
               span.Hex(1), span.Hex(2), span.Hex(4), span.Text(5), Attributes(span.All(9)), Attributes(resource.All(1).First().All(1))),
    ];

    /// <summary>The lines of the log that it got.</summary>
    public IReadOnlyList<OtlpLine> Lines =>
    [
        .. from export in _exports
           where export.Path == "/v1/logs"
           from resource in ProtobufFields.Read(export.Body).All(1)
           from scope in resource.All(2)
           from line in scope.All(2)
           select new OtlpLine(line.Hex(9), line.All(5).First().Text(1)),
    ];

    /// <summary>The names of the metrics that it got.</summary>
    public IReadOnlyList<string> Metrics =>
    [
        .. from export in _exports
           where export.Path == "/v1/metrics"
           from resource in ProtobufFields.Read(export.Body).All(1)
           from scope in resource.All(2)
           from metric in scope.All(2)
           select metric.Text(1),
    ];

    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver();
        receiver._web = await TestWeb.StartAsync(receiver.TakeAsync);
        return receiver;
    }

    public ValueTask DisposeAsync() => _web?.DisposeAsync() ?? default;

    private async Task TakeAsync(HttpContext context)
    {
        if (Instead is { } instead)
        {
            await instead(context);
            return;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        _exports.Enqueue(new OtlpExport(context.Request.Path, context.Request.Headers.Authorization.ToString(), body.ToArray()));
    }

    // The values that we look at are texts and whole numbers.
    private static Dictionary<string, string> Attributes(IEnumerable<ProtobufFields> attributes) => attributes.ToDictionary(
        a => a.Text(1), a => a.All(2).First() is var value && value.Text(1) is { Length: > 0 } text ? text : $"{value.Whole(3)}");
}

/// <param name="Path">Which signal: <c>/v1/traces</c>.</param>
/// <param name="Authorization">The header.</param>
/// <param name="Body">Protocol Buffers.</param>
internal sealed record OtlpExport(string Path, string Authorization, byte[] Body);

/// <param name="Trace">Its trace id.</param>
/// <param name="Id">Its own.</param>
/// <param name="Parent">Of the span above it; empty for the first one.</param>
/// <param name="Name">What was done.</param>
/// <param name="Attributes">What is said of it.</param>
/// <param name="Resource">What is said of the process.</param>
internal sealed record OtlpSpan(
    string Trace, string Id, string Parent, string Name, IReadOnlyDictionary<string, string> Attributes,
    IReadOnlyDictionary<string, string> Resource)
{
    /// <summary>One line, for a test that fails.</summary>
    public override string ToString() =>
        $"{Trace} {Parent,16} {Id} {Resource["monolith.roles"]} {Name} {string.Join(' ', Attributes.Select(a => $"{a.Key}={a.Value}"))}";
}

/// <param name="Trace">Of what it was logged in; empty for none.</param>
/// <param name="Text">The sentence.</param>
internal sealed record OtlpLine(string Trace, string Text);
