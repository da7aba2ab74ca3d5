namespace Monolith.Operations.Checks;

/// <summary>Reads the documents of a kind in the order of their ids, a page at a time.</summary>
internal sealed class DocumentCursor(IReadStore store, string kind)
{
    private const int PageSize = 500;

    private readonly Queue<Document> _page = new();
    private string? _last;
    private bool _isAtEnd;

    /// <summary>How many it gave.</summary>
    public long Count { get; private set; }

    /// <summary>Gives the document of this id, if there is one, and those that come before it.</summary>
    public async Task<(IReadOnlyList<Document> Before, Document? Found)> TakeAsync(string id, CancellationToken cancellationToken)
    {
        var before = new List<Document>();
        while (await PeekAsync(cancellationToken) is { } next)
        {
            var order = string.CompareOrdinal(next.Id, id);
            if (order > 0)
            {
                break;
            }

            Count++;
            _page.Dequeue();
            if (order == 0)
            {
                return (before, next);
            }

            before.Add(next);
        }

        return (before, null);
    }

    /// <summary>Gives all that is left.</summary>
    public async Task<IReadOnlyList<Document>> RestAsync(CancellationToken cancellationToken)
    {
        var rest = new List<Document>();
        while (await PeekAsync(cancellationToken) is not null)
        {
            Count++;
            rest.Add(_page.Dequeue());
        }

        return rest;
    }

    private async ValueTask<Document?> PeekAsync(CancellationToken cancellationToken)
    {
        if (_page.Count == 0 && !_isAtEnd)
        {
            var page = await store.QueryAsync(new DocumentQuery(kind, PageSize) { After = _last, WithEntries = true }, cancellationToken);
            foreach (var document in page)
            {
                _page.Enqueue(document);
                _last = document.Id;
            }

            _isAtEnd = page.Count < PageSize;
        }

        return _page.TryPeek(out var next) ? next : null;
    }
}
