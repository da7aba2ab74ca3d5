using System.Globalization;

namespace Monolith.Receivers;

/// <summary>A file with a line for each effect: position and effect are written together, so a crash leaves both or neither.</summary>
public sealed class SignUps
{
    private readonly Dictionary<(string Store, int Shard), long> _positions = [];
    private readonly string _file;

    /// <param name="file">Where it is kept; read now, if it is there.</param>
    public SignUps(string file)
    {
        _file = file;
        foreach (var line in File.Exists(file) ? File.ReadAllLines(file) : [])
        {
            var parts = line.Split(' ');
            _positions[(parts[0], int.Parse(parts[1], CultureInfo.InvariantCulture))] = long.Parse(parts[2], CultureInfo.InvariantCulture);
        }
    }

    /// <summary>How far it came in the log of an announcement; 0 for nothing.</summary>
    public long PositionOf(Announcement announcement) => _positions.GetValueOrDefault((announcement.Store, announcement.Shard));

    /// <summary>Has the effect of an announcement, unless it had it already.</summary>
    public void Apply(Announcement announcement)
    {
        if (announcement.Position > PositionOf(announcement))
        {
            var isSignUp = announcement.Type == "users.user-registered.v1";
            Write(announcement, isSignUp ? announcement.Body.GetProperty("userId").GetString() : "-");
        }
    }

    /// <summary>Notes that there is nothing more up to a position.</summary>
    public void Reached(Announcement announcement)
    {
        if (announcement.Position > PositionOf(announcement))
        {
            Write(announcement, "-");
        }
    }

    private void Write(Announcement announcement, string? effect)
    {
        File.AppendAllText(_file, $"{announcement.Store} {announcement.Shard} {announcement.Position} {effect}\n");
        _positions[(announcement.Store, announcement.Shard)] = announcement.Position;
    }
}
