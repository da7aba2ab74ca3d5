namespace Monolith.Adapters.Embedded;

/// <summary>Puts each mail into a file, for people to look at or for another program to pick up.</summary>
internal sealed class FileMailer(string root, string from, TimeProvider clock) : IMailer
{
    private readonly DurableDirectory _directory = new(root, []);

    /// <inheritdoc />
    /// <exception cref="ArgumentException">The address is not one address, or the subject not one line.</exception>
    public async ValueTask SendAsync(Mail mail, CancellationToken cancellationToken)
    {
        var name = $"{mail.Owner}.{mail.Id}.eml";
        var text = InternetMessage.Write(mail, from, clock.GetUtcNow());
        if (!_directory.Run(() => File.Exists(_directory.PathOf(name))))
        {
            using var content = new MemoryStream(text);
            await _directory.WriteAsync(name, content, cancellationToken);
        }
    }

    /// <inheritdoc />
    public ValueTask ForgetAsync(Guid owner, CancellationToken cancellationToken)
    {
        foreach (var path in _directory.Run(() => Directory.GetFiles(root, $"{owner}.*.eml")))
        {
            cancellationToken.ThrowIfCancellationRequested();
            _directory.Delete(Path.GetFileName(path));
        }

        return ValueTask.CompletedTask;
    }
}
