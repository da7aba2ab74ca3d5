using System.Text;

namespace Monolith.Support;

/// <summary>The fields of a message of Protocol Buffers, by number: what is needed to look into one without its schema.</summary>
internal sealed class ProtobufFields
{
    private readonly List<(int Number, byte[] Bytes)> _fields = [];

    private ProtobufFields()
    {
    }

    /// <summary>Takes a message apart.</summary>
    public static ProtobufFields Read(ReadOnlySpan<byte> message)
    {
        var fields = new ProtobufFields();
        while (!message.IsEmpty)
        {
            var key = Number(ref message);
            var length = (key & 7) switch
            {
                0 => LengthOfNumber(message),
                1 => 8,
                2 => (int)Number(ref message),
                5 => 4,
                var wire => throw new FormatException($"{wire} is no wire type."),
            };
            fields._fields.Add(((int)(key >> 3), message[..length].ToArray()));
            message = message[length..];
        }

        return fields;
    }

    /// <summary>Every message under a number.</summary>
    public IEnumerable<ProtobufFields> All(int number) => _fields.Where(f => f.Number == number).Select(f => Read(f.Bytes));

    /// <summary>The text under a number; empty when there is none.</summary>
    public string Text(int number) => Encoding.UTF8.GetString(Bytes(number));

    /// <summary>The bytes under a number in hexadecimal digits; empty when there is none.</summary>
    public string Hex(int number) => Convert.ToHexStringLower(Bytes(number));

    /// <summary>The whole number under a number; 0 when there is none.</summary>
    public long Whole(int number)
    {
        ReadOnlySpan<byte> bytes = Bytes(number);
        return bytes.IsEmpty ? 0 : Number(ref bytes);
    }

    private byte[] Bytes(int number) => _fields.LastOrDefault(f => f.Number == number).Bytes ?? [];

    private static int LengthOfNumber(ReadOnlySpan<byte> message)
    {
        var length = 1;
        while (message[length - 1] >= 0x80)
        {
            length++;
        }

        return length;
    }

    private static long Number(ref ReadOnlySpan<byte> message)
    {
        var number = 0L;
        for (var shift = 0; ; shift += 7)
        {
            var part = message[0];
            message = message[1..];
            number |= (part & 0x7FL) << shift;
            if (part < 0x80)
            {
                return number;
            }
        }
    }
}
