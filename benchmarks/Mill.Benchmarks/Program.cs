using Mill.Benchmarks;
using Mill.Benchmarks.Load;
using Mill.Benchmarks.Servers;

// One executable, three roles: the load generator and the constant server run as processes of their own, started by the third.
return args switch
{
    [LoadVerb.Name] => LoadVerb.Run(),
    [ConstantServer.Name] => await ConstantServer.RunAsync(),
    ["--root", _, "--help" or "-h"] => BenchRun.Help(),
    ["--root", var root, .. var rest] => await BenchRun.RunAsync(rest, root),
    _ => BenchRun.Fail("start this with ./bench"),
};
