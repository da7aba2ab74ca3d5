using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Monolith.Kernel.Tests.Http;

/// <summary>A request without a server: what is answered can be read, and the answer starts when the test says so.</summary>
internal sealed class AnsweringContext
{
    private readonly Started _started = new();

    public AnsweringContext(Action<IServiceCollection>? services = null)
    {
        var all = new ServiceCollection().AddLogging();
        services?.Invoke(all);
        Context.RequestServices = all.BuildServiceProvider();
        Context.Features.Set<IHttpResponseFeature>(_started);
        Context.Response.Body = new MemoryStream();
        Context.Request.Method = HttpMethods.Get;
        Context.Request.Path = "/v1/things";
    }

    public DefaultHttpContext Context { get; } = new();

    public HttpResponse Response => Context.Response;

    public byte[] Body => ((MemoryStream)Context.Response.Body).ToArray();

    /// <summary>Runs what waits for the start of the answer; from then on its head is fixed.</summary>
    public void Start() => _started.Start();

    /// <summary>Reads the answer as a problem document.</summary>
    public JsonElement Problem()
    {
        Assert.Equal("application/problem+json", Response.ContentType);
        return JsonDocument.Parse(Body).RootElement;
    }

    private sealed class Started : HttpResponseFeature
    {
        private readonly Stack<(Func<object, Task> Callback, object State)> _callbacks = new();
        private bool _hasStarted;

        public override bool HasStarted => _hasStarted;

        public override void OnStarting(Func<object, Task> callback, object state) => _callbacks.Push((callback, state));

        public void Start()
        {
            while (_callbacks.TryPop(out var each))
            {
                Assert.True(each.Callback(each.State).IsCompletedSuccessfully);
            }

            _hasStarted = true;
        }
    }
}
