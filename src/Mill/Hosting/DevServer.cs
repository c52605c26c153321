using Mill.Commands;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Hosting;

/// <summary>A whole Mill in one process. Placeholder.</summary>
internal static class DevServer
{
    public static Task<int> RunAsync(DevOptions options, CliHost host, CancellationToken cancellationToken) =>
        throw new MillException(MillError.NotReady, $"mill dev is not part of this build; it would listen on {options.Listen}.");
}
