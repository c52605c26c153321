namespace Mill.State.Leadership;

/// <summary>The clock that timers run on, and the one that leases are judged by, which must go on while the machine sleeps.</summary>
public sealed record LeaseClocks(TimeProvider Time, TimeProvider Lease);
