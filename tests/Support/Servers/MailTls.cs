namespace Monolith.Support;

/// <summary>How a mail server for tests uses TLS.</summary>
public enum MailTls
{
    /// <summary>Not at all; it takes mail from anyone.</summary>
    None,

    /// <summary>After STARTTLS, and for its user only.</summary>
    Later,

    /// <summary>From the first byte, and for its user only.</summary>
    First,
}
