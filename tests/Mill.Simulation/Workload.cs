using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Simulation.Model;
using Mill.Simulation.Operations;

namespace Mill.Simulation;

/// <summary>What the clients want next. Few names and few values, so that they get in each other's way.</summary>
internal sealed class Workload(Random random)
{
    private static readonly SecretName[] Names = [.. new[] { "a", "a/1", "a/1/2", "b.c", "d" }.Select(SecretName.Parse)];
    private static readonly TenantId[] Tenants = [TenantId.Default, TenantId.Parse("other")];

    private readonly List<Operation> _keyed = [];
    private int _number;

    public IReadOnlyList<Caller> Callers { get; } =
        [.. Enumerable.Range(0, 4).Select(i => new Caller($"token{i}", $"client-{i}", Role.Operator, Tenants[i % Tenants.Length]))];

    public Caller ACaller() => Callers[random.Next(Callers.Count)];

    public SecretName AName() => Names[random.Next(Names.Length)];

    public Operation Next(ModelState model)
    {
        _number++;
        if (_keyed.Count > 0 && random.Next(6) == 0) return _keyed[random.Next(_keyed.Count)].Again(_number);
        var operation = AnOperation(model);
        if (operation.Key is not null) _keyed.Add(operation);
        return operation;
    }

    /// <summary>A question about the past, sometimes exactly at a border, sometimes about this very moment.</summary>
    public ReadAtOperation ReadAt(ModelState model, Timestamp now)
    {
        var (caller, name) = (ACaller(), AName());
        var versions = model.Versions(new(caller.Tenant, name));
        var moment = versions.Count > 0 && random.Next(2) == 0
            ? versions[random.Next(versions.Count)].From + random.Next(-1, 2)
            : now.Microseconds + (random.Next(3) == 0 ? 0 : random.Next(-1_000_000, 1_000));
        return new(++_number, caller, name, new(moment));
    }

    public ReadAtOperation ReadAt(SecretId id, Timestamp moment) => new(++_number, Callers.First(caller => caller.Tenant == id.Tenant), id.Name, moment);

    public SweepOperation Sweep(Func<CancellationToken, Task> sweep) => new(++_number, Callers[0], sweep);

    private Operation AnOperation(ModelState model)
    {
        var (caller, name) = (ACaller(), AName());
        var key = random.Next(3) == 0 ? $"key-{random.Next(40)}" : null;
        return random.Next(10) switch
        {
            < 6 => new SetOperation(_number, caller, name, AValue(), APrecondition(model, caller, name), random.Next(5) == 0) { Key = key },
            6 => new DeleteOperation(_number, caller, name, random.Next(2) == 0 ? default : new(IfVersion: AVersion(model, caller, name))) { Key = key },
            7 => new DestroyOperation(_number, caller, name, random.Next(6) == 0 ? null : [AVersion(model, caller, name)]) { Key = key },
            _ => new TransactOperation(_number, caller, Steps(model, caller)) { Key = key },
        };
    }

    private List<Step> Steps(ModelState model, Caller caller) =>
    [
        .. Names.Where(_ => random.Next(2) == 0)
            .Select(name => new Step(name, random.Next(5) == 0 ? null : AValue(), APrecondition(model, caller, name)))
            .Select(step => step.Value is null ? step with { Precondition = step.Precondition with { IfAbsent = false } } : step),
    ];

    private WritePrecondition APrecondition(ModelState model, Caller caller, SecretName name) => random.Next(6) switch
    {
        0 => new(IfAbsent: true),
        1 => new(IfVersion: AVersion(model, caller, name)),
        _ => default,
    };

    /// <summary>Most often one that is there, and most often the last.</summary>
    private int AVersion(ModelState model, Caller caller, SecretName name)
    {
        var last = model.Versions(new(caller.Tenant, name)).Count;
        return Math.Max(1, random.Next(3) == 0 ? random.Next(last + 2) : last);
    }

    private string AValue() => $"value {random.Next(5)}";
}
