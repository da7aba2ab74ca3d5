namespace Monolith.Kernel.Tests.Adapters;

/// <summary>What is wrong with the configuration, told so that it can be mended in one go.</summary>
public sealed class FaultsTests
{
    private readonly Faults _faults = new();

    [Theory]
    [InlineData("Cach", "Cache")]
    [InlineData("CACHE", "Cache")]
    [InlineData("Sotre", "Store")]
    [InlineData("Session", "Sessions")]
    [InlineData("Blos", "Blobs")]
    [InlineData("Kubernetes", null)]
    [InlineData("Q", null)]
    [InlineData("", null)]
    public void The_nearest_name_is_the_one_that_was_probably_meant(string name, string? nearest) =>
        Assert.Equal(nearest, Faults.Nearest(name, ["Store", "Cache", "Sessions", "Blobs"]));

    [Fact]
    public void There_is_no_nearest_name_of_none() => Assert.Null(Faults.Nearest("Cache", []));

    [Fact]
    public void An_unknown_name_comes_with_the_nearest_with_all_or_with_the_word_that_there_is_none()
    {
        _faults.AddUnknown("A", "key", "sise", ["size", "eviction"]);
        _faults.AddUnknown("B", "key", "colour", ["size", "eviction"]);
        _faults.AddUnknown("C", "key", "size", []);

        Assert.Equal(
            [
                "A: unknown key \"sise\"; did you mean \"size\"?",
                "B: unknown key \"colour\"; known: eviction, size",
                "C: unknown key \"size\"; none is known here",
            ],
            _faults.Lines);
    }

    [Theory]
    [InlineData("worker,worker", "worker", "")]
    [InlineData("", "", "Roles: names no role; give web, worker or both")]
    [InlineData("Web", "", "Roles: unknown role \"Web\"; did you mean \"web\"?")]
    [InlineData("worker,observer", "worker", "Roles: unknown role \"observer\"; known: web, worker")]
    public void Roles_are_read_by_their_exact_names(string? text, string roles, string fault)
    {
        var configuration = new Microsoft.Extensions.Configuration.ConfigurationManager { ["Roles"] = text };

        var read = Roles.Read(configuration, _faults);

        Assert.Equal(roles, string.Join(',', read.Names));
        Assert.Equal(fault.Length == 0 ? [] : [fault], _faults.Lines);
    }
}
