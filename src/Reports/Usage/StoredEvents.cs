using Marten;

namespace Monolith.Reports.Usage;

// What this report knows of the stored events: by their names, and of each only what it needs. A module never shows an event of its own;
// stored names and fields are kept for good.

/// <summary>Someone has an account from now on. The stream is <c>user-…</c>.</summary>
internal sealed record Registered(Guid UserId);

/// <summary>A person was erased, in the stream <c>subject-…</c> of that person.</summary>
internal sealed record SubjectErased;

/// <summary>A user was there on a day, UTC.</summary>
internal sealed record UserActive(Guid UserId, DateOnly Day);

/// <summary>A user logged in.</summary>
internal sealed record SessionStarted(Guid UserId);

/// <summary>A user stored a photo; its size is that of the original.</summary>
internal sealed record PhotoUploaded(Guid PhotoId, Guid Owner, long Bytes);

/// <summary>A user deleted a photo.</summary>
internal sealed record PhotoDeleted(Guid PhotoId, Guid Owner);

/// <summary>Tells Marten the names.</summary>
internal static class StoredEvents
{
    /// <summary>Each of them by the name under which it is stored.</summary>
    public static readonly IReadOnlyDictionary<Type, string> Names = new Dictionary<Type, string>
    {
        [typeof(Registered)] = "users.registered.v1",
        [typeof(SubjectErased)] = "kernel.subject-erased.v1",
        [typeof(UserActive)] = "sessions.user-active.v1",
        [typeof(SessionStarted)] = "sessions.started.v1",
        [typeof(PhotoUploaded)] = "media.photo-uploaded.v1",
        [typeof(PhotoDeleted)] = "media.photo-deleted.v1",
    };

    /// <summary>Adds them to the options of a store.</summary>
    public static void Map(StoreOptions options)
    {
        foreach (var (type, name) in Names)
        {
            options.Events.MapEventType(type, name);
        }
    }
}
