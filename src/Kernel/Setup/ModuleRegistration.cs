using FluentValidation;
using MediatR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Monolith.Kernel.Adapters;
using Monolith.Kernel.Caching;
using Monolith.Kernel.Commits;
using Monolith.Kernel.Erasure;
using Monolith.Kernel.Events;
using Monolith.Kernel.Idempotency;
using Monolith.Kernel.Messaging;
using Monolith.Kernel.Ports;
using Monolith.Kernel.Sharding;
using Monolith.Kernel.Subscriptions;
using Monolith.Kernel.Telemetry;

namespace Monolith.Kernel.Setup;

/// <summary>
/// Registers the kernel and everything that can be found in the modules. What is special to MediatR's version stands here and in the
/// behaviours.
/// </summary>
public static class ModuleRegistration
{
    /// <summary>Registers the kernel, then each module. Faults go to the list.</summary>
    public static IServiceCollection AddModules(
        this IServiceCollection services, IReadOnlyList<IModule> modules, IConfiguration configuration, Faults faults)
    {
        services.TryAddSingleton(TimeProvider.System);
        var roles = Roles.Read(configuration, faults);
        services.AddSingleton(roles);
        services.AddSingleton<Heartbeats>();
        services.AddEvents();
        services.AddMediator();
        foreach (var module in modules)
        {
            var assembly = module.GetType().Assembly;
            services.AddSingleton(module);
            services.AddSingleton(new ModuleTypes(module.Name, assembly, module.Json));
            foreach (var type in assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false }))
            {
                services.AddByRole(type);
            }

            module.Register(services, configuration.GetSection(module.Name), faults);
        }

        services.AddSingleton<ReactionCatalog>();
        services.AddSingleton<FeedCatalog>();
        services.AddSingleton(p => new FeedLog(
            p.GetRequiredService<FeedCatalog>(), p.GetRequiredService<Shards>(), p.GetRequiredService<StoredJson>()));
        services.AddSingleton(DefinitionsOf);
        services.AddSubscriptions();
        services.AddHostedService<CacheInvalidation>();
        services.AddHostedService<NodeSigns>();
        services.AddHostedService(provider => provider.GetRequiredService<ViewAges>());
        if (roles.IsWorker)
        {
            services.AddHostedService<Reactions>();
            services.AddHostedService<FollowedProjections>();
            services.AddHostedService<Feeds>();
            services.AddHostedService(provider => provider.GetRequiredService<LagWatch>());
            services.AddHostedService<IdempotencySweep>();
        }

        return services;
    }

    // What an operator can replay: reactions, and the feed where one is configured.
    private static SubscriptionDefinitions DefinitionsOf(IServiceProvider provider) => new(
    [
        .. provider.GetRequiredService<ReactionCatalog>().All,
        .. provider.GetServices<IFeed>().Select(_ => FeedSubscription.DefinitionOf(provider.GetRequiredService<FeedCatalog>())),
    ]);

    private static void AddEvents(this IServiceCollection services)
    {
        services.AddSingleton(new ModuleTypes("kernel", typeof(SubjectKeys).Assembly, KernelJson.Default));
        services.AddSingleton<StoredJson>();
        services.AddSingleton<EventCatalog>();
        services.AddSingleton<IShardMap, StoredShardMap>();
        services.AddSingleton<Shards>();
        services.AddSingleton<LogFreshness>();
        services.AddSingleton<PlaceAllocator>();
        services.AddSingleton<Node>();
        services.AddSingleton(p => new Nodes(
            p.GetRequiredService<Shards>(), p.GetRequiredService<Node>(), p.GetRequiredService<Roles>().Names,
            p.GetRequiredService<StoredJson>(),
            p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Secrets>();
        services.AddSingleton<SubjectKeys>();
        services.AddSingleton<ICacheInvalidator>(p => p.GetRequiredService<SubjectKeys>());
        services.AddSingleton<StateMemory>();
        services.AddSingleton<Aggregates>();
        services.AddSingleton<AggregateCatalog>();
        services.AddSingleton<CommitPipeline>();
        services.AddSingleton<IdempotencyRecords>();
        services.AddSingleton<IAfterRewind, RewindKernel>();
        services.AddScoped<CommitScope>();
        services.AddScoped<Reading>();
        services.AddScoped<Views>();
        services.AddScoped<States>();
        services.AddTransient<UnitOfWork>();
        services.AddTransient<ConflictRetry>();
    }

    private static void AddSubscriptions(this IServiceCollection services)
    {
        services.AddSingleton<LagWatch>();
        services.AddSingleton<ViewAges>();
        services.AddSingleton<FollowedCatalog>();
        services.AddSingleton<Rebuilds>();
        services.AddSingleton(p => new ParkedEvents(
            p.GetRequiredService<SubscriptionDefinitions>(), p.GetRequiredService<FollowedCatalog>(), p.GetRequiredService<Shards>(),
            p.GetRequiredService<StoredJson>(),
            p.GetRequiredService<IServiceScopeFactory>(), p.GetRequiredService<TimeProvider>()));
        services.AddScoped<TokenWait>();
        services.AddScoped<FollowedViews>();
    }

    private static void AddMediator(this IServiceCollection services)
    {
        services.AddTransient<ServiceFactory>(provider => provider.GetRequiredService);
        services.AddTransient<IMediator, Mediator>();

        // From the outside in: measure all of it, refuse what is invalid, then decide, again if need be.
        services.AddTransient(typeof(IPipelineBehavior<,>), typeof(TracingBehaviour<,>));
        services.AddTransient(typeof(IPipelineBehavior<,>), typeof(ValidationBehaviour<,>));
        services.AddTransient(typeof(IPipelineBehavior<,>), typeof(RetryOnConflictBehaviour<,>));
    }

    private static void AddByRole(this IServiceCollection services, Type type)
    {
        foreach (var role in type.GetInterfaces().Where(i => i.IsGenericType))
        {
            if (role.GetGenericTypeDefinition() == typeof(IRequestHandler<,>))
            {
                services.AddTransient(role, type);
            }
            else if (role.GetGenericTypeDefinition() == typeof(IValidator<>))
            {
                // One for all requests: making one compiles its rules, which takes longer than most requests.
                services.AddSingleton(role, type);
            }
        }

        if (type.IsAssignableTo(typeof(IProjection)))
        {
            services.AddSingleton(typeof(IProjection), type);
        }

        if (type.IsAssignableTo(typeof(FollowedProjection)))
        {
            services.AddSingleton(typeof(FollowedProjection), type);
        }

        if (type.IsAssignableTo(typeof(Announcer)))
        {
            services.AddSingleton(typeof(Announcer), type);
        }
    }
}
