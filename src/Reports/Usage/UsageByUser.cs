using JasperFx.Events;
using JasperFx.Events.Projections;
using Marten;
using Marten.Events.Projections;

namespace Monolith.Reports.Usage;

/// <summary>What the report asks of Marten.</summary>
internal sealed class UsageParts : IMartenReport
{
    public void Configure(StoreOptions options)
    {
        StoredEvents.Map(options);
        options.Schema.For<UserUsage>().Index(u => u.LastWeek);
        options.Projections.Add(new UsageByUser(), ProjectionLifecycle.Async);
    }
}

/// <summary>Folds the events of many streams into one document for each user.</summary>
internal sealed class UsageByUser : MultiStreamProjection<UserUsage, Guid>
{
    private const string Subject = "subject-";

    public UsageByUser()
    {
        Name = "users";
        By<Registered>(e => e.Data.UserId);
        By<UserActive>(e => e.Data.UserId);
        By<SessionStarted>(e => e.Data.UserId);
        By<PhotoUploaded>(e => e.Data.Owner);
        By<PhotoDeleted>(e => e.Data.Owner);
        By<SubjectErased>(e => Guid.Parse(e.StreamKey![Subject.Length..])); // A stream of the log always has a name.
    }

    // Only a registration makes a document: what comes after an erasure, the deletion of the photos for example, brings nothing back.
    public override UserUsage? Evolve(UserUsage? snapshot, Guid id, IEvent e)
    {
        var day = DateOnly.FromDateTime(e.Timestamp.UtcDateTime);
        return e.Data switch
        {
            Registered => UserUsage.Begin(id, day),
            SubjectErased => null,
            UserActive active => snapshot?.Active(active.Day),
            SessionStarted => snapshot?.LoggedIn(day),
            PhotoUploaded photo => snapshot?.Uploaded(day, photo.PhotoId, photo.Bytes),
            PhotoDeleted photo => snapshot?.Deleted(day, photo.PhotoId),
            _ => snapshot,
        };
    }

    // Marten reads those types only that it is told of: what it cannot see from this method.
    private void By<TEvent>(Func<IEvent<TEvent>, Guid> user)
        where TEvent : class
    {
        IncludeType<TEvent>();
        Identity(user);
    }
}
