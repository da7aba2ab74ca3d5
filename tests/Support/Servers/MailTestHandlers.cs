using System.Buffers;
using System.Collections.Concurrent;
using SmtpServer;
using SmtpServer.Authentication;
using SmtpServer.Mail;
using SmtpServer.Protocol;
using SmtpServer.Storage;
using IMessageStore = SmtpServer.Storage.IMessageStore;

namespace Monolith.Support;

/// <summary>What a mail server for tests answers, and what it keeps.</summary>
internal sealed class MailTestHandlers : IMailboxFilter, IMessageStore, IUserAuthenticator
{
    /// <summary>The messages taken, as they came.</summary>
    public ConcurrentQueue<byte[]> Messages { get; } = [];

    public Task<bool> CanAcceptFromAsync(ISessionContext context, IMailbox from, int size, CancellationToken cancellationToken) =>
        Task.FromResult(true);

    public Task<bool> CanDeliverToAsync(ISessionContext context, IMailbox to, IMailbox from, CancellationToken cancellationToken) =>
        to.User switch
        {
            "refused" => throw new SmtpResponseException(new(SmtpReplyCode.MailboxUnavailable, $"no such mailbox <{to.User}@{to.Host}>")),
            "later" => throw new SmtpResponseException(new(SmtpReplyCode.Aborted, "come back later")),
            _ => Task.FromResult(true),
        };

    public Task<SmtpResponse> SaveAsync(
        ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken)
    {
        Messages.Enqueue(buffer.ToArray());
        return Task.FromResult(SmtpResponse.Ok);
    }

    public Task<bool> AuthenticateAsync(ISessionContext context, string user, string password, CancellationToken cancellationToken) =>
        Task.FromResult((user, password) == (MailTestServer.User, MailTestServer.Password));
}
