/* grannbud: placeholder of the first commit, replaced when the parts are there. */
int main(void)
{
    return 0;
}
