using Mill.ClusterTests.Processes;

namespace Mill.ClusterTests.Cluster.Rig;

/// <summary>A file system of a node's own, that can be filled up.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const int Block = 1 << 20;

    private readonly Mount _mount;
    private readonly string _filler;

    public SmallDisk(string path, string size)
    {
        _mount = Mount.Small(path, size);
        _filler = Path.Combine(path, "filler");
    }

    /// <summary>Takes all space that is left.</summary>
    public void Fill()
    {
        using var file = new FileStream(_filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (var block = Block; block > 0; block /= 4)
        {
            try
            {
                while (true) file.Write(new byte[block]);
            }
            catch (IOException)
            {
                // Less, then.
            }
        }
    }

    public void Free() => File.Delete(_filler);

    public void Dispose() => _mount.Dispose();
}
