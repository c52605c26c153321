using System.Globalization;
using System.Text;

namespace Mill.State.Etcd.Process;

/// <summary>An etcd that outlived the Mill that started it. It holds the data directory and the ports, so it must end before ours can begin.</summary>
internal sealed class OrphanedEtcd(string dataDirectory, TimeProvider time)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private string File => dataDirectory.TrimEnd('/') + ".pid";

    public void Remember(int processId) => System.IO.File.WriteAllText(File, processId.ToString(CultureInfo.InvariantCulture) + "\n");

    public void Forget() => System.IO.File.Delete(File);

    /// <summary>Ends it, if there is one: asks, and kills it if that takes too long. Returns its id, or null where there was none.</summary>
    public async Task<int?> EndAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (Find() is not { } processId) return null;
        ProcessSignals.SendTerminate(processId);
        if (!await IsGoneAsync(patience, cancellationToken).ConfigureAwait(false))
        {
            ProcessSignals.SendKill(processId);
            await IsGoneAsync(patience, cancellationToken).ConfigureAwait(false);
        }
        return processId;
    }

    private async Task<bool> IsGoneAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (Find() is not null)
        {
            if (time.GetElapsedTime(start) >= patience) return false;
            await Task.Delay(Step, time, cancellationToken).ConfigureAwait(false);
        }
        return true;
    }

    /// <summary>The process we remember, if it still runs on our data directory. Ids are used again: the id alone says nothing.</summary>
    private int? Find()
    {
        try
        {
            if (!int.TryParse(System.IO.File.ReadAllText(File), CultureInfo.InvariantCulture, out var processId) || processId <= 1) return null;
            var arguments = Encoding.UTF8.GetString(System.IO.File.ReadAllBytes($"/proc/{processId}/cmdline")).Split('\0');
            var flag = Array.IndexOf(arguments, EtcdArguments.DataDirectory);
            return flag >= 0 && arguments.ElementAtOrDefault(flag + 1) == dataDirectory ? processId : null;
        }
        catch (IOException)
        {
            return null; // no such file, or no such process
        }
    }
}
