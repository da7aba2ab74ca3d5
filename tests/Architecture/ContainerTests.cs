using System.Text.RegularExpressions;

namespace Monolith.Architecture.Tests;

/// <summary>The container for developers, compared with what the tests install.</summary>
public sealed class ContainerTests
{
    [Fact]
    public void Holds_every_package_that_the_tests_need()
    {
        var needed = Regex.Matches(Read("test"), @"missing\+=\((?<names>[^)]+)\)").SelectMany(m => m.Groups["names"].Value.Split(' '));
        var held = Read(".devcontainer/Dockerfile").Split((char[])[' ', '\n', '\\'], StringSplitOptions.RemoveEmptyEntries);

        Assert.Empty(needed.Except(held, StringComparer.Ordinal));
    }

    private static string Read(string file) => File.ReadAllText(Path.Combine(Repository.Root, file));
}
