using Microsoft.Extensions.Configuration;

namespace Monolith.Kernel.Tests;

public sealed class SettingsReaderTests
{
    private readonly Faults _faults = new();

    [Theory]
    [InlineData(null, 7)]
    [InlineData("1", 1)]
    [InlineData("9", 9)]
    public void Reads_a_whole_number_or_its_default(string? text, int expected)
    {
        Assert.Equal(expected, Reader("Count", text).Whole("Count", 7, 1, 9));
        Assert.Empty(_faults.Lines);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("10")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData(" 5")]
    [InlineData("")]
    [InlineData("99999999999")]
    public void Refuses_what_is_no_whole_number_of_the_range(string text)
    {
        Assert.Equal(7, Reader("Count", text).Whole("Count", 7, 1, 9));
        Assert.Equal(["Section:Count: must be a whole number from 1 to 9"], _faults.Lines);
    }

    [Theory]
    [InlineData("0.5", 0.5)]
    [InlineData(null, 0)]
    public void Reads_a_number_with_decimals(string? text, double expected) =>
        Assert.Equal(expected, Reader("Blur", text).Number("Blur", 10, "pixels"));

    [Theory]
    [InlineData("11")]
    [InlineData("-1")]
    [InlineData("NaN")]
    [InlineData("1e1")]
    public void Refuses_a_number_outside_of_the_range(string text)
    {
        Assert.Equal(0, Reader("Blur", text).Number("Blur", 10, "pixels"));
        Assert.Equal(["Section:Blur: must be a number of pixels from 0 to 10"], _faults.Lines);
    }

    [Theory]
    [InlineData("00:00:00")]
    [InlineData("-00:00:01")]
    [InlineData("soon")]
    public void Refuses_a_duration_that_is_none_or_not_above_zero(string text)
    {
        Assert.Equal(TimeSpan.FromHours(1), Reader("Timeout", text).Duration("Timeout", TimeSpan.FromHours(1)));
        Assert.StartsWith("Section:Timeout: must be a duration", Assert.Single(_faults.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_a_duration_with_days() =>
        Assert.Equal(TimeSpan.FromDays(14), Reader("Timeout", "14.00:00:00").Duration("Timeout", TimeSpan.FromHours(1)));

    [Theory]
    [InlineData(null, 1)]
    [InlineData("one", 1)]
    [InlineData("two", 2)]
    public void Reads_one_of_several_words(string? text, int expected) =>
        Assert.Equal(expected, Reader("Word", text).OneOf("Word", "word", ("one", 1), ("two", 2)));

    [Fact]
    public void Refuses_another_word_with_the_nearest_one()
    {
        Assert.Equal(1, Reader("Word", "tow").OneOf("Word", "word", ("one", 1), ("two", 2)));
        Assert.StartsWith("Section:Word: unknown word \"tow\"", Assert.Single(_faults.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_unknown_keys_and_takes_known_ones_in_any_case()
    {
        Reader("maxbyte", "1").RefuseUnknown(["MaxBytes"]);
        Reader("MAXBYTES", "1").RefuseUnknown(["MaxBytes"]);

        Assert.Equal(["Section:maxbyte: unknown key \"maxbyte\"; did you mean \"MaxBytes\"?"], _faults.Lines);
    }

    private SettingsReader Reader(string key, string? value)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
            value is null ? [] : [KeyValuePair.Create<string, string?>($"Section:{key}", value)]).Build();
        return new SettingsReader(configuration.GetSection("Section"), _faults);
    }
}
