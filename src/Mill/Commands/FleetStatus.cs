using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mill.Client;
using Mill.Client.Contracts;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>What runs, as <c>mill status</c> shows it: nothing of it on a server that only keeps secrets.</summary>
internal sealed record FleetStatus(IReadOnlyList<ServiceResponse> Services, IReadOnlyList<TaskResponse> Tasks, IReadOnlyList<TaskTotalsItem> Totals, IReadOnlyList<NodeItem> Nodes)
{
    public static readonly FleetStatus None = new([], [], [], []);

    private bool IsEmpty => Services.Count + Tasks.Count + Nodes.Count is 0;

    /// <summary>Nothing where the server cannot say: what else it knows is shown all the same.</summary>
    public static async Task<FleetStatus> AskAsync(MillClient client, CancellationToken cancellationToken)
    {
        try
        {
            var services = await client.ListServicesAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            var tasks = await client.ListTasksAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            var totals = await client.ListTemplatesAsync(cancellationToken).ConfigureAwait(false);
            return new(services.Services, tasks.Tasks, totals.Totals ?? [], await NodesAsync(client, cancellationToken).ConfigureAwait(false));
        }
        catch (MillException e) when (e.Error is not MillError.Unreachable)
        {
            return None;
        }
    }

    public void Print(Terminal terminal)
    {
        if (Services.Count > 0) Titled(terminal, "SERVICES", ServiceTable());
        if (Totals.Count > 0) Titled(terminal, "TASKS", TaskTable());
        if (Nodes.Count > 0) Titled(terminal, "NODES", NodeTable());
        foreach (var service in Services)
        {
            var outdated = service.Allocations.SelectMany(alloc => alloc.OutdatedSecrets ?? []).Distinct().Order(StringComparer.Ordinal).ToList();
            if (outdated.Count > 0) terminal.Say(Words.OutdatedSecrets(service.Name, outdated));
        }
        foreach (var note in Words.OutdatedAddresses(Services)) terminal.Say(note);
    }

    /// <summary>The status, with what runs beside it.</summary>
    public void PrintJson(Terminal terminal, StatusResponse status)
    {
        if (IsEmpty)
        {
            CliJson.Print(terminal, status);
            return;
        }
        var document = JsonSerializer.SerializeToNode(status, ApiJson.Lenient.TypeInfo<StatusResponse>())!.AsObject();
        document["services"] = Node(new ServiceListResponse(Services))["services"]!.DeepClone();
        document["tasks"] = Node(new TaskListResponse(Tasks))["tasks"]!.DeepClone();
        document["nodes"] = Node(new NodeListResponse(Nodes))["nodes"]!.DeepClone();
        CliJson.Print(terminal, document, CliJsonContext.Default.JsonObject);
    }

    private static JsonNode Node<T>(T document) => JsonSerializer.SerializeToNode(document, ApiJson.Lenient.TypeInfo<T>())!;

    /// <summary>Only operators may see them.</summary>
    private static async Task<IReadOnlyList<NodeItem>> NodesAsync(MillClient client, CancellationToken cancellationToken)
    {
        try
        {
            return [.. (await client.ListNodesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Nodes.Where(node => node.Containers is not null)];
        }
        catch (MillException e) when (e.Error is MillError.Forbidden)
        {
            return [];
        }
    }

    private static void Titled(Terminal terminal, string title, Table table)
    {
        // In a pipe, a line says what it is about by its first word.
        if (terminal.OutputIsTerminal) terminal.WriteLine($"\n{title}");
        table.WriteTo(terminal, terminal.OutputIsTerminal ? null : title.ToLowerInvariant().TrimEnd('s'));
    }

    private Table ServiceTable()
    {
        var table = new Table("NAME", "REPLICAS", "VERSION", "CPU", "MEM", "NODES", Column.Wrapping("IMAGE"), Column.Wrapping("STATE"));
        foreach (var service in Services)
        {
            var (usages, allocs) = (service.Allocations.Select(alloc => alloc.Usage).OfType<UsageItem>().ToList(), service.Allocations);
            table.Add(service.Name, string.Create(CultureInfo.InvariantCulture, $"{service.Replicas.Healthy}/{service.Replicas.Desired}"), service.Version.ToString(CultureInfo.InvariantCulture),
                Amounts.Share(usages.Count > 0 ? Amounts.Cores(usages.Sum(usage => usage.Cpu)) : null, Amounts.Cores(allocs.Sum(alloc => alloc.Cpu))),
                Amounts.Share(usages.Count > 0 ? Amounts.Memory(usages.Sum(usage => usage.Memory)) : null, Amounts.Memory(allocs.Sum(alloc => alloc.Memory))),
                allocs.Select(alloc => alloc.Node).Distinct().Count().ToString(CultureInfo.InvariantCulture), service.Image, StateOf(service));
        }
        return table;
    }

    /// <summary>What is not as it should be; else how it is. What ends again and again is healthy in between.</summary>
    private static string StateOf(ServiceResponse service)
    {
        var troubled = service.Allocations.FirstOrDefault(alloc => alloc.Status is not DeployWords.Healthy && alloc.Reason is not null);
        var state = troubled is not null ? $"{troubled.Id}: {troubled.Reason}" : service.Replicas.Healthy >= service.Replicas.Desired ? DeployWords.Healthy : Words.NotAllHealthy;
        return service.Allocations.Sum(alloc => alloc.Restarts) is > 0 and var restarts ? $"{state}, {Words.Restarted(restarts)}" : state;
    }

    private Table TaskTable()
    {
        var table = new Table("NAME", "RUNNING", "SPAWNED/24H", "AVG DURATION");
        foreach (var task in Totals)
        {
            table.Add(task.Name, task.Running.ToString(CultureInfo.InvariantCulture), task.StartedWithinDay.ToString(CultureInfo.InvariantCulture), task.AverageSeconds is { } seconds ? Amounts.Length(TimeSpan.FromSeconds(seconds)) : "-");
        }
        return table;
    }

    /// <summary>Why it is not ready, or not empty yet.</summary>
    private static string WhyOf(ContainersItem containers) =>
        containers.Reason ?? (containers.Waits is { Count: > 0 } waits ? string.Join("; ", waits.Select(wait => $"{wait.Alloc}: {wait.Reason}")) : "-");

    private Table NodeTable()
    {
        var table = new Table("NAME", "STATE", "CPU", "MEM", "ALLOCS", Column.Wrapping("WHY"));
        foreach (var (node, containers) in Nodes.Select(node => (node, node.Containers!)))
        {
            table.Add(node.Name, containers.State, Amounts.Share(Amounts.Cores(containers.Cpu.Used), Amounts.Cores(containers.Cpu.Total)),
                Amounts.Share(Amounts.Memory(containers.Memory.Used), Amounts.Memory(containers.Memory.Total)), containers.Allocs.ToString(CultureInfo.InvariantCulture), WhyOf(containers));
        }
        return table;
    }
}
