using Npgsql;

namespace Monolith.Adapters.Postgres;

/// <summary>The way to the database: every call goes through here, so that each failure becomes what callers know.</summary>
internal sealed class PostgresServer(PostgresSettings settings, NpgsqlDataSource pool)
{
    private const int Attempts = 3;

    /// <summary>The connections.</summary>
    public NpgsqlDataSource Pool => pool;

    /// <summary>Asks something that changes nothing. A connection that turns out to be dead is replaced, once.</summary>
    public async ValueTask<T> ReadAsync<TArgument, T>(
        TArgument argument, Func<NpgsqlDataSource, TArgument, CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await read(pool, argument, cancellationToken);
            }
            catch (Exception e) when (PostgresFailure.IsBroken(e) && attempt == 1)
            {
                pool.Clear();
            }
            catch (Exception e) when (PostgresFailure.IsOutage(e))
            {
                throw PostgresFailure.ToUnavailable(e, settings);
            }
        }
    }

    /// <summary>Changes something. What the server took back as a whole for the sake of another transaction is sent again.</summary>
    /// <remarks>After a lost connection the outcome is unknown, so the caller decides.</remarks>
    public async ValueTask<T> WriteAsync<TArgument, T>(
        TArgument argument, Func<NpgsqlDataSource, TArgument, CancellationToken, ValueTask<T>> write, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await write(pool, argument, cancellationToken);
            }
            catch (PostgresException e) when (PostgresFailure.IsRefusedForAnother(e) && attempt < Attempts)
            {
                // The other one is done or nearly so.
            }
            catch (Exception e) when (PostgresFailure.IsOutage(e))
            {
                if (PostgresFailure.IsBroken(e))
                {
                    // The rest of the pool is dead too, and the next call must not find that out one by one.
                    pool.Clear();
                }

                throw PostgresFailure.ToUnavailable(e, settings);
            }
        }
    }
}
