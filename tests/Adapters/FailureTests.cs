using System.Net.Sockets;
using System.Security.Authentication;
using Monolith.Adapters.Postgres;
using Monolith.Adapters.RabbitMq;
using Monolith.Adapters.Redis;
using Npgsql;
using RabbitMQ.Client.Exceptions;
using StackExchange.Redis;

namespace Monolith.Adapters.Tests;

/// <summary>What went wrong with a server, as one line for a person: whatever its library throws.</summary>
public sealed class FailureTests
{
    private static readonly RabbitSettings _rabbit = RabbitSettings.Read(Url("amqp://mq/team?queues=ours"));
    private static readonly RabbitSettings _tlsRabbit = RabbitSettings.Read(Url("amqps://mq"));
    private static readonly RedisSettings _redis = RedisSettings.Read(Url("redis://cache"));
    private static readonly RedisSettings _openedRedis = RedisSettings.Read(Url("redis://:x@cache"));
    private static readonly RedisSettings _userOfRedis = RedisSettings.Read(Url("redis://app:x@cache"));
    private static readonly PostgresSettings _postgres = PostgresSettings.Read(Url("postgres://app@db1/monolith"));

    [Theory]
    [InlineData(530, "NOT_ALLOWED - vhost team not found", "it has no virtual host \"team\" for this user")]
    [InlineData(530, "NOT_ALLOWED - connection limit", "NOT_ALLOWED - connection limit")]
    [InlineData(
        403, "ACCESS_REFUSED",
        "it allows this user too little: the right to configure, write and read queues whose names begin with \"ours.\" is needed")]
    [InlineData(
        406, "PRECONDITION_FAILED - inequivalent arg 'x-queue-type'",
        "it has a queue that begins with \"ours.\" and is none of ours; choose another \"queues\"")]
    [InlineData(406, "PRECONDITION_FAILED - unknown delivery tag 7.", "PRECONDITION_FAILED - unknown delivery tag 7")]
    [InlineData(320, "CONNECTION_FORCED", "it is being stopped")]
    [InlineData(541, "INTERNAL_ERROR", "the connection was lost")]
    [InlineData(200, "Goodbye", "the connection was lost")]
    [InlineData(504, "CHANNEL_ERROR\nmore", "CHANNEL_ERROR more")]
    public void Of_a_broker_that_closes_a_channel(int code, string text, string reason) =>
        Assert.Equal(reason, RabbitFailure.ReasonOf((ushort)code, text, _rabbit));

    [Fact]
    public void Of_a_broker_that_cannot_be_used()
    {
        Assert.Equal("it does not answer in time", RabbitFailure.ReasonOf(new TimeoutException(), _rabbit));
        Assert.Equal(
            "it does not answer in time",
            RabbitFailure.ReasonOf(new BrokerUnreachableException(new AggregateException(new OperationCanceledException())), _rabbit));
        Assert.Equal("the connection was lost", RabbitFailure.ReasonOf(new IOException(), _rabbit));
        Assert.Equal("it cannot be reached", RabbitFailure.ReasonOf(new SocketException(), _rabbit));
        Assert.Equal("it cannot be reached, or speaks no TLS", RabbitFailure.ReasonOf(new SocketException(), _tlsRabbit));
        Assert.Equal(
            "it speaks no TLS, or another version of it",
            RabbitFailure.ReasonOf(new BrokerUnreachableException(new AuthenticationException()), _tlsRabbit));
        Assert.Equal("gone", RabbitFailure.ReasonOf(new RabbitLostException("gone"), _rabbit));
        Assert.Equal("two lines", RabbitFailure.ReasonOf(new InvalidOperationException("two\nlines. "), _rabbit));
    }

    [Fact]
    public void Of_a_broker_is_an_outage_unless_it_is_ours()
    {
        Exception[] outages =
        [
            new AlreadyClosedException(new(RabbitMQ.Client.ShutdownInitiator.Peer, 320, "")), new SocketException(), new IOException(),
            new TimeoutException(), new OperationCanceledException(), new AggregateException(new IOException(), new SocketException()),
        ];
        Exception[] ours = [new InvalidOperationException(), new AggregateException(new IOException(), new InvalidOperationException())];

        Assert.All(outages, e => Assert.True(RabbitFailure.IsOutage(e), $"{e}"));
        Assert.All(ours, e => Assert.False(RabbitFailure.IsOutage(e), $"{e}"));
    }

    [Theory]
    [InlineData(
        RedisErrorKind.NoAuth, "it wants a password; give it as \"password-file\" or \"password-env\"", "it refuses the password",
        "it refuses the user or the password")]
    [InlineData(
        RedisErrorKind.WrongPass, "it wants a password; give it as \"password-file\" or \"password-env\"", "it refuses the password",
        "it refuses the user or the password")]
    [InlineData(RedisErrorKind.NoPermission, "it allows this user too little", null, null)]
    [InlineData(RedisErrorKind.Loading, "it is loading its data", null, null)]
    [InlineData(RedisErrorKind.ClusterDown, "the cluster is down", null, null)]
    [InlineData(RedisErrorKind.UnknownError, "said more", null, null)]
    public void Of_Redis_that_refuses(RedisErrorKind kind, string reason, string? reasonWithPassword, string? reasonWithUser)
    {
        var refused = new RedisServerException(kind, CommandFlags.None, "said\nmore. ");
        Exception[] all =
            [refused, new RedisConnectionException(ConnectionFailureType.ProtocolFailure, CommandFlags.None, "lost", refused)];

        Assert.All(all, e => Assert.Equal(reason, RedisFailure.ReasonOf(e, _redis)));
        Assert.All(all, e => Assert.Equal(reasonWithPassword ?? reason, RedisFailure.ReasonOf(e, _openedRedis)));
        Assert.All(all, e => Assert.Equal(reasonWithUser ?? reason, RedisFailure.ReasonOf(e, _userOfRedis)));
    }

    [Theory]
    [InlineData(ConnectionFailureType.AuthenticationFailure, "it wants a password; give it as \"password-file\" or \"password-env\"")]
    [InlineData(ConnectionFailureType.Loading, "it is loading its data")]
    [InlineData(ConnectionFailureType.UnableToConnect, "it cannot be reached")]
    [InlineData(ConnectionFailureType.SocketClosed, "the connection was lost")]
    [InlineData(ConnectionFailureType.UnableToResolvePhysicalConnection, "the connection was lost")]
    public void Of_a_way_to_Redis_that_is_broken(ConnectionFailureType type, string reason) =>
        Assert.Equal(reason, RedisFailure.ReasonOf(new RedisConnectionException(type, CommandFlags.None, "No connection"), _redis));

    [Fact]
    public void Of_Redis_that_cannot_be_used()
    {
        Assert.Equal("it does not answer in time", RedisFailure.ReasonOf(new TimeoutException("slow"), _redis));
        Assert.Equal("the connection was closed", RedisFailure.ReasonOf(new ObjectDisposedException("multiplexer"), _redis));
        Assert.All(
            (Exception[])[new TimeoutException(), new SocketException(), new IOException(), new RedisUnusableException("a replica")],
            e => Assert.True(RedisFailure.IsOutage(e), $"{e}"));
        Assert.False(RedisFailure.IsOutage(new InvalidOperationException()));
    }

    [Theory]
    [InlineData("28P01", "refuses this user: said")]
    [InlineData("28000", "refuses this user: said")]
    [InlineData("3D000", "does not exist")]
    [InlineData("42501", "allows this user too little: said")]
    [InlineData("53300", null)] // too many connections: later there may be fewer
    [InlineData("57P03", null)]
    [InlineData("23505", null)]
    public void Of_PostgreSQL_that_waiting_will_not_mend(string state, string? fault) => Assert.Equal(
        fault is null ? null : $"Adapters:Any: the database db1:5432/monolith {fault}",
        PostgresFailure.ToFault(Postgres(state), _postgres)?.Message);

    [Theory]
    [InlineData("08006", true, true)]
    [InlineData("57P01", true, true)] // stopped by its administrator
    [InlineData("57014", true, false)] // a statement that took too long: the connection is as good as before
    [InlineData("53300", true, false)]
    [InlineData("40001", true, false)]
    [InlineData("55P03", true, false)]
    [InlineData("25006", true, false)]
    [InlineData("23505", false, false)]
    [InlineData("42601", false, false)] // a mistake of ours is not the server's
    public void Of_PostgreSQL_that_is_the_servers(string state, bool isOutage, bool isBroken)
    {
        Assert.Equal((isOutage, isBroken), (PostgresFailure.IsOutage(Postgres(state)), PostgresFailure.IsBroken(Postgres(state))));
        Assert.Equal(state == "53100", PostgresFailure.ToUnavailable(Postgres(state), _postgres).IsFull);
    }

    [Fact]
    public void Of_PostgreSQL_whose_pool_is_empty_or_that_is_silent()
    {
        var empty = new NpgsqlException("The connection pool has been exhausted", new TimeoutException());
        var silent = new NpgsqlException("Exception while reading", new TimeoutException());

        Assert.Equal(
            "The database db1:5432/monolith is not available: all connections of the pool are in use.",
            PostgresFailure.ToUnavailable(empty, _postgres).Message);
        Assert.Equal(
            "The database db1:5432/monolith is not available: it does not answer in time.",
            PostgresFailure.ToUnavailable(silent, _postgres).Message);
        Assert.True(PostgresFailure.IsBroken(new NpgsqlException("lost", new IOException())));
        Assert.True(PostgresFailure.IsRefusedForAnother(Postgres("40P01")));
        Assert.False(PostgresFailure.IsRefusedForAnother(Postgres("23505")));
    }

    private static PostgresException Postgres(string state) => new("said", "ERROR", "ERROR", state);

    private static AdapterUrl Url(string url) => AdapterUrl.Parse("Adapters:Any", url, new Faults())!; // Null only without a scheme.
}
