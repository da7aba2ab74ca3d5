namespace Monolith.Kernel.Tests;

public sealed class MigrationTests
{
    private static readonly IReadOnlyList<Migration> _shipped =
        [Of(1, "0001_tables", "aa"), Of(2, "0002_commit", "bb"), Of(4, "0004_more", "cc")];

    [Theory]
    [InlineData("")]
    [InlineData("1:aa")]
    [InlineData("1:aa 2:bb 4:cc")]
    public void Go_on_from_any_beginning_of_those_that_are_shipped(string applied) =>
        Assert.Null(Migration.DifferenceOf(_shipped, Applied(applied)));

    [Theory]
    [InlineData("1:aa 2:xx", "its migration 0002_commit has the checksum xx, and the one shipped here bb")]
    [InlineData("1:xx 2:bb 4:cc 5:dd", "its migration 0001_tables has the checksum xx")]
    [InlineData("1:aa 2:bb 4:cc 5:dd", "newer version of this program (schema 5, this one knows 4)")]
    [InlineData("1:aa 9:dd", "newer version of this program (schema 9, this one knows 4)")]
    [InlineData("1:aa 4:cc", "lacks the migration 0002_commit, though later ones were applied")]
    [InlineData("2:bb", "lacks the migration 0001_tables")]
    public void Refuse_what_was_applied_otherwise(string applied, string expected) =>
        Assert.Contains(expected, Migration.DifferenceOf(_shipped, Applied(applied)), StringComparison.Ordinal);

    private static Migration Of(int number, string name, string checksum) => new(number, name, "", checksum);

    private static List<AppliedMigration> Applied(string text) =>
        [
            .. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(a => a.Split(':'))
                .Select(a => new AppliedMigration(int.Parse(a[0], null), a[1]))];
}
