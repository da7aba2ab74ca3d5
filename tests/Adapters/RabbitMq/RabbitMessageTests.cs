using Monolith.Adapters.RabbitMq;

namespace Monolith.Adapters.Tests.RabbitMq;

public sealed class RabbitMessageTests
{
    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData((7 << 18) | 77)]
    [InlineData((1 << 30) - 1)]
    public void Arrives_as_it_was_sent_wherever_it_lies(int place)
    {
        var sent = new ReservedMessage(Id.New(TimeProvider.System, new Bucket(7)), "job", Bucket.FromCode(place), 9, [1, 2], 1L << 40);

        var read = RabbitMessage.Read(RabbitMessage.PropertiesOf(sent), RabbitMessage.Write(sent));

        Assert.Equal((sent.Id, sent.Kind, sent.Bucket, sent.Lane, sent.Token), (read!.Id, read.Kind, read.Bucket, read.Lane, read.Token));
        Assert.Equal(sent.Body, read.Body);
    }

    [Fact]
    public void Is_none_of_ours_where_there_is_no_such_place()
    {
        var sent = new ReservedMessage(Id.New(TimeProvider.System, new Bucket(7)), "job", new Bucket(7), 0, [], 0);
        var bytes = RabbitMessage.Write(sent);
        bytes[17] = 0x40; // the 31st bit

        Assert.Null(RabbitMessage.Read(RabbitMessage.PropertiesOf(sent), bytes));
    }

    [Fact]
    public void Is_none_of_ours_in_another_format_lane_or_length_or_without_a_kind()
    {
        var sent = new ReservedMessage(Id.New(TimeProvider.System, new Bucket(7)), "job", new Bucket(7), 9, [1, 2], 3);
        var (properties, bytes) = (RabbitMessage.PropertiesOf(sent), RabbitMessage.Write(sent));

        Assert.NotNull(RabbitMessage.Read(properties, bytes));
        Assert.NotNull(RabbitMessage.Read(properties, bytes.AsSpan(..^2))); // a body may be empty
        Assert.Null(RabbitMessage.Read(properties, bytes.AsSpan(..^3)));
        Assert.Null(RabbitMessage.Read(properties, []));
        Assert.Null(RabbitMessage.Read(properties, (byte[])[2, .. bytes[1..]]));
        Assert.Null(RabbitMessage.Read(properties, (byte[])[.. bytes[..21], 10, .. bytes[22..]]));
        Assert.Null(RabbitMessage.Read(new RabbitMQ.Client.BasicProperties(), bytes));
    }
}
