using System.Net.Sockets;
using Npgsql;

namespace Monolith.Adapters.Postgres;

/// <summary>Says in one line what is wrong with a database, or with the way there.</summary>
internal static class PostgresFailure
{
    // The server ended the connection, because its transaction stood still.
    private const string IdleInTransaction = "25P03";

    // Each transaction is one trip, so one that was refused as a whole for the sake of another can simply be sent again.
    public static bool IsRefusedForAnother(PostgresException e) =>
        e.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected;

    /// <summary>Whether an event was to be stored under the id of another one.</summary>
    public static bool IsRepeatedEvent(PostgresException e) =>
        e is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "events_id_key" };

    /// <summary>Whether the connection is gone, and others of the pool with it as likely as not.</summary>
    public static bool IsBroken(Exception e) => e switch
    {
        PostgresException p => p.SqlState is IdleInTransaction
            || p.SqlState.StartsWith("57P", StringComparison.Ordinal) || p.SqlState.StartsWith("08", StringComparison.Ordinal),
        NpgsqlException n => n.InnerException is IOException or SocketException,
        _ => false,
    };

    /// <summary>Whether nothing is known to be wrong with what was asked, only with the server or the way to it.</summary>
    public static bool IsOutage(Exception e) => e switch
    {
        PostgresException p => p.SqlState[..2] is "08" or "53" or "57" or "58" or "28" or "3D" || p.SqlState is
            PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable
            or PostgresErrorCodes.ReadOnlySqlTransaction or IdleInTransaction,
        NpgsqlException or SocketException or IOException or TimeoutException => true,
        _ => false,
    };

    /// <summary>Makes what callers know of it.</summary>
    public static StoreUnavailableException ToUnavailable(Exception e, PostgresSettings settings) =>
        new(
            $"The database {settings.Name} is not available: {ReasonOf(e)}.",
            e is PostgresException { SqlState: PostgresErrorCodes.DiskFull }, e);

    /// <summary>What no waiting will mend, as a fault of the configuration; null for everything else.</summary>
    public static ConfigurationException? ToFault(Exception e, PostgresSettings settings) => e switch
    {
        PostgresException { SqlState: "28P01" or "28000" } p => Fault(settings, $"refuses this user: {p.MessageText}"),
        PostgresException { SqlState: "3D000" } => Fault(settings, "does not exist"),
        PostgresException { SqlState: "42501" } p => Fault(settings, $"allows this user too little: {p.MessageText}"),
        NpgsqlException { InnerException: System.Security.Authentication.AuthenticationException i } =>
            Fault(settings, $"is not trusted: {OneLine(i.Message)}"),
        NpgsqlException { InnerException: null } n when n.Message.Contains("SSL", StringComparison.OrdinalIgnoreCase) =>
            Fault(settings, $"speaks no TLS as it was asked to: {OneLine(n.Message)}"),
        NpgsqlException { InnerException: null } n when n.Message.Contains("password", StringComparison.OrdinalIgnoreCase) =>
            Fault(settings, "wants a password; give it as \"password-file\" or \"password-env\""),
        _ => null,
    };

    /// <summary>Makes a fault of the configuration about this database.</summary>
    public static ConfigurationException Fault(PostgresSettings settings, string what) =>
        new([$"{settings.Setting}: the database {settings.Name} {what}"]);

    private static string ReasonOf(Exception e) => e switch
    {
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => "its disk is full",
        PostgresException p => OneLine(p.MessageText),
        NpgsqlException { InnerException: TimeoutException } n => n.Message.Contains("pool", StringComparison.Ordinal)
            ? "all connections of the pool are in use" : "it does not answer in time",
        { InnerException: SocketException inner } => OneLine(inner.Message),
        _ => OneLine(e.Message),
    };

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").TrimEnd('.', ' ');
}
