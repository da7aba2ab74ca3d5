// A system of its own on plain Wolverine: it takes announcements from a queue of RabbitMQ and keeps a list of who signed up.
//   Monolith.Receivers AMQP-URL QUEUE FILE ADDRESS-OF-MONOLITH TOKEN-OF-AN-ADMINISTRATOR
using JasperFx.CodeGeneration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Monolith.Receivers;
using Wolverine;
using Wolverine.RabbitMQ;

if (args is not [var broker, var queue, var file, var monolith, var token])
{
    await Console.Error.WriteLineAsync("usage: Monolith.Receivers AMQP-URL QUEUE FILE ADDRESS-OF-MONOLITH TOKEN-OF-AN-ADMINISTRATOR");
    return 64;
}

var builder = Host.CreateApplicationBuilder();
builder.Services.AddSingleton(new SignUps(file));
builder.Services.AddSingleton(_ => new MissedAnnouncements(new Uri(monolith), token));
builder.UseWolverine(options =>
{
    options.CodeGeneration.TypeLoadMode = TypeLoadMode.Dynamic;
    options.UseRuntimeCompilation();
    options.Durability.Mode = DurabilityMode.Solo;
    options.Discovery.DisableConventionalDiscovery().IncludeType<AnnouncementHandler>();
    options.UseRabbitMq(new Uri(broker)).DisableDeadLetterQueueing().DisableSystemRequestReplyQueueDeclaration();

    // One by one, acknowledged behind the effect: the order is what tells copies and gaps.
    options.ListenToRabbitQueue(queue).UseInterop(new AnnouncementMapper()).ProcessInline().ListenerCount(1);
});
await builder.Build().RunAsync();
return 0;
