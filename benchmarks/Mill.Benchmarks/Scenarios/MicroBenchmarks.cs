using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Mill.Benchmarks.Micro;
using Mill.Benchmarks.Report;
using Perfolizer.Horology;

namespace Mill.Benchmarks.Scenarios;

/// <summary>The small: what single operations cost, one thread, nothing else running.</summary>
internal static class MicroBenchmarks
{
    public static IReadOnlyList<Finding> Run(BenchOptions options, string directory)
    {
        // In this process: no package registry has to be there for a second build. It tells orders of magnitude, which is what is asked of it.
        var job = (options.IsQuick ? Job.Dry : Job.ShortRun.WithIterationTime(TimeInterval.FromMilliseconds(100))).WithToolchain(InProcessEmitToolchain.Instance);
        var config = ManualConfig.CreateEmpty().AddJob(job).AddDiagnoser(MemoryDiagnoser.Default).AddColumnProvider(DefaultColumnProviders.Instance).WithArtifactsPath(Path.Combine(directory, "micro"));
        Summary[] summaries = [BenchmarkRunner.Run<EnvelopeBenchmarks>(config), BenchmarkRunner.Run<StateBenchmarks>(config), BenchmarkRunner.Run<RedactionBenchmarks>(config)];
        return [.. summaries.SelectMany(summary => summary.Reports).Select(ToFinding)];
    }

    private static Finding ToFinding(BenchmarkReport report)
    {
        var size = report.BenchmarkCase.Parameters["Size"];
        var what = report.BenchmarkCase.Descriptor.WorkloadMethod.Name + (size is null ? "" : string.Create(CultureInfo.InvariantCulture, $", {size} B"));
        if (report.ResultStatistics is not { } statistics) return new("micro", what, "did not run", "", "runs", false);
        var allocated = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase);
        return new("micro", what, string.Create(CultureInfo.InvariantCulture, $"{statistics.Mean:N0} ns, {allocated:N0} B allocated"));
    }
}
