namespace Monolith.Adapters.Postgres;

internal abstract partial class DatabaseStore
{
    /// <inheritdoc />
    public abstract ValueTask ImportAsync(IReadOnlyList<StoredEvent> events, CancellationToken cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<DocumentWrite>> ReadDocumentsAsync(
        string afterKind, string afterId, int limit, CancellationToken cancellationToken) => Server.ReadAsync(
        (afterKind, afterId, limit),
        static (pool, a, cancelled) => PostgresTransfer.DocumentsAsync(pool, a.afterKind, a.afterId, a.limit, cancelled),
        cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<DocumentWrite>> ReadDocumentsAsync(
        IReadOnlyList<(string Kind, string Id)> which, CancellationToken cancellationToken) =>
        Server.ReadAsync(which, static (pool, w, cancelled) => PostgresTransfer.DocumentsAsync(pool, w, cancelled), cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StoredMessage>> ReadMessagesAsync(Guid after, int limit, CancellationToken cancellationToken) =>
        Server.ReadAsync(
            (after, limit), static (pool, a, cancelled) => PostgresTransfer.MessagesAsync(pool, a.after, a.limit, cancelled),
            cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StoredMessage>> ReadMessagesAsync(IReadOnlyList<Guid> which, CancellationToken cancellationToken) =>
        Server.ReadAsync(which, static (pool, w, cancelled) => PostgresTransfer.MessagesAsync(pool, w, cancelled), cancellationToken);

    /// <inheritdoc />
    public async ValueTask WriteMessagesAsync(
        IReadOnlyList<StoredMessage> present, IReadOnlyList<Guid> gone, CancellationToken cancellationToken) =>
        await Server.WriteAsync(
            (present, gone), static (pool, a, cancelled) => PostgresTransfer.WriteMessagesAsync(pool, a.present, a.gone, cancelled),
            cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StreamHead>> ReadHeadsAsync(IReadOnlyList<StreamId> which, CancellationToken cancellationToken) =>
        Server.ReadAsync(which, static (pool, w, cancelled) => PostgresTransfer.HeadsAsync(pool, w, cancelled), cancellationToken);

    /// <inheritdoc />
    public async ValueTask FenceAsync(long epoch, CancellationToken cancellationToken) =>
        await Server.WriteAsync(epoch, static (pool, e, cancelled) => PostgresTransfer.FenceAsync(pool, e, cancelled), cancellationToken);
}
