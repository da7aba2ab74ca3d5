using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Monolith.Jobs;
using Monolith.Jobs.Contracts;

namespace Monolith.Modules.Tests.Jobs;

[Trait("host", "none")]
public sealed class JobCatalogTests
{
    [Fact]
    public void Knows_the_jobs_of_the_modules_by_name_and_by_class()
    {
        var catalog = CatalogOf(typeof(DoTrial), typeof(DoTrialQuickly));

        Assert.Equal(["trial.do-quickly.v1", "trial.do.v1"], catalog.Names.Order(StringComparer.Ordinal));
        Assert.Equal(
            new JobType("trial.do.v1", typeof(DoTrial), MaxAttempts: 2, Lane: 5, TimeSpan.FromMinutes(5)), catalog.Of(new DoTrial("", 0)));
    }

    [Fact]
    public void Reads_a_payload_as_it_was_written()
    {
        var catalog = CatalogOf(typeof(DoTrial));
        var job = new DoTrial("a <name> with \"marks\"", 7);

        Assert.Equal(job, catalog.Read(catalog.Of("trial.do.v1"), catalog.Write(job)));
    }

    [Theory]
    [InlineData(typeof(Nameless), "needs a [JobType]")]
    [InlineData(typeof(OfAnotherModule), "begins with that of its module, trial")]
    [InlineData(typeof(NamedLikeAnother), "has the same name as")]
    [InlineData(typeof(NeverTried), "1 to 100 attempts")]
    [InlineData(typeof(InNoLane), "a lane from 0 to 9")]
    [InlineData(typeof(WithoutTime), "a timeout from a second")]
    [InlineData(typeof(Unlisted), "not listed in the JSON context")]
    public void Refuses_a_type_that_could_not_run(Type type, string fault)
    {
        var refusal = Assert.Throws<InvalidOperationException>(() => CatalogOf(typeof(DoTrial), type));

        Assert.Contains(fault, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_a_type_without_a_handler()
    {
        var refusal = Assert.Throws<InvalidOperationException>(() => CatalogOf(new ServiceCollection(), typeof(DoTrial)));

        Assert.Contains("has no handler", refusal.Message, StringComparison.Ordinal);
    }

    private static JobCatalog CatalogOf(params Type[] types) => CatalogOf(
        new ServiceCollection()
            .AddTransient<IRequestHandler<DoTrial, Result<Done>>, DoTrialHandler>()
            .AddTransient<IRequestHandler<DoTrialQuickly, Result<Done>>, DoTrialQuicklyHandler>(),
        types);

    private static JobCatalog CatalogOf(IServiceCollection services, params Type[] types)
    {
        ModuleTypes[] modules = [new("trial", new Only(types), TrialJson.Default)];
        return new JobCatalog(
            modules, new StoredJson(modules), services.BuildServiceProvider().GetRequiredService<IServiceProviderIsService>());
    }

    private sealed record Nameless : IJob;

    [JobType("other.do.v1")]
    private sealed record OfAnotherModule : IJob;

    [JobType("trial.do.v1")]
    private sealed record NamedLikeAnother : IJob;

    [JobType("trial.never.v1", MaxAttempts = 0)]
    private sealed record NeverTried : IJob;

    [JobType("trial.no-lane.v1", Lane = 10)]
    private sealed record InNoLane : IJob;

    [JobType("trial.no-time.v1", TimeoutSeconds = 0)]
    private sealed record WithoutTime : IJob;

    [JobType("trial.unlisted.v1")]
    private sealed record Unlisted : IJob;
}
