using System.Buffers.Binary;

namespace Monolith.EndToEnd.Tests;

public sealed class BrowserScriptTests
{
    [Fact]
    public async Task Takes_screenshots_for_a_phone_and_a_desktop()
    {
        await BrowserScript.RunAsync("blank", address: null, TestContext.Current.CancellationToken);

        Assert.Equal(390, Width("blank-narrow.png"));
        Assert.Equal(1280, Width("blank-wide.png"));
    }

    // The width stands at byte 16 of every PNG, big-endian (the IHDR chunk comes first).
    private static int Width(string name) =>
        BinaryPrimitives.ReadInt32BigEndian(File.ReadAllBytes(Path.Combine(BrowserScript.Screenshots, name)).AsSpan(16));
}
