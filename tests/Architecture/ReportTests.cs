using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Marten;
using Monolith.Adapters.Marten.Reports;
using Monolith.Host;

namespace Monolith.Architecture.Tests;

/// <summary>Who a report may know, and whether what it reads is stored.</summary>
public sealed class ReportTests
{
    public static TheoryData<string> Reports => [.. Catalog.Reports.Select(r => r.Name)];

    [Fact]
    public void Every_report_folder_is_in_the_catalog() => Assert.Equal(
        Solution.Folders("src", "Reports").Where(f => Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Reports", f)).Any()),
        Catalog.Reports.Select(r => r.GetType().Assembly.GetName().Name!["Monolith.Reports.".Length..]).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Reports))]
    public void A_report_knows_the_kernel_and_the_adapter_of_reports_only(string report) => Assert.Equal(
        ["Monolith.Adapters.Marten", "Monolith.Kernel"],
        AssemblyOf(report).GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("Monolith.", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal));

    // Its name is part of addresses and of the name of a schema.
    [Theory]
    [MemberData(nameof(Reports))]
    public void A_report_shows_the_world_its_report_class_only_which_is_named_in_letters(string report)
    {
        Assert.True(Assert.Single(AssemblyOf(report).GetExportedTypes()).IsAssignableTo(typeof(IReport)));
        Assert.Matches("^[a-z][a-z0-9]{0,19}$", report);
        Assert.Equal(Catalog.Reports.Count, Catalog.Reports.Select(r => r.Name).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Reports))]
    public void What_a_report_reads_is_stored_under_that_name_with_these_fields(string report)
    {
        var stored = Stored();
        var options = new StoreOptions();
        foreach (var part in AssemblyOf(report).GetTypes().Where(t => t.IsClass && t.IsAssignableTo(typeof(IMartenReport))))
        {
            ((IMartenReport)Activator.CreateInstance(part, nonPublic: true)!).Configure(options); // Null only for a nullable value.
        }

        var read = ((IReadOnlyStoreOptions)options).Events.AllKnownEventTypes()
            .Where(e => e.EventType.Assembly == AssemblyOf(report)).ToList();

        Assert.NotEmpty(read);
        Assert.All(read, e =>
        {
            Assert.True(stored.ContainsKey(e.EventTypeName), $"{e.EventTypeName} is stored by no module.");
            var fields = e.EventType.GetProperties().Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name));
            Assert.Empty(fields.Except(stored[e.EventTypeName]));
        });
    }

    private static Dictionary<string, string[]> Stored()
    {
        IEnumerable<(Assembly Assembly, JsonSerializerContext Json)> parts =
            [(Solution.Kernel, KernelJson.Default), .. Catalog.Modules.Select(m => (m.GetType().Assembly, m.Json))];
        return (from part in parts
                from type in part.Assembly.GetTypes()
                let name = type.GetCustomAttribute<EventTypeAttribute>()?.Name
                where name is not null
                select (name, Fields: part.Json.GetTypeInfo(type)!.Properties.Select(p => p.Name).ToArray())) // ConventionTests: listed.
            .ToDictionary(e => e.name, e => e.Fields);
    }

    private static Assembly AssemblyOf(string report) => Catalog.Reports.Single(r => r.Name == report).GetType().Assembly;
}
