namespace Monolith.Operations.Moves;

/// <summary>Walks through what is read page by page.</summary>
/// <param name="read">Reads the page after an item; the first one after null. An empty page is the end.</param>
internal sealed class PagedCursor<T>(Func<T?, ValueTask<IReadOnlyList<T>>> read)
    where T : class
{
    private IReadOnlyList<T> _page = [];
    private T? _last;
    private int _next;
    private bool _isOver;

    /// <summary>The present item; null at the end.</summary>
    public async ValueTask<T?> PeekAsync()
    {
        if (_next == _page.Count && !_isOver)
        {
            (_page, _next) = (await read(_last), 0);
            _isOver = _page.Count == 0;
        }

        return _isOver ? null : _page[_next];
    }

    /// <summary>Goes on to the next.</summary>
    public void Skip() => _last = _page[_next++];
}
